//! Decisions as stories, and replays of random histories.

mod automatic_replies;
mod flags;
mod histories;
mod screening;
mod stories;
mod world;
