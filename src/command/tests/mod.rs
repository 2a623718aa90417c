//! Decisions as stories, and replays of random histories.

mod histories;
mod stories;
mod world;
