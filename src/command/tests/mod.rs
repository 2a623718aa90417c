//! Decisions as stories, and replays of random histories.

mod histories;
mod screening;
mod stories;
mod world;
