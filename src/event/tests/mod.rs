//! Stored bytes stay readable.

mod golden;
