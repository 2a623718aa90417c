//! Given facts, when a command, then facts.
