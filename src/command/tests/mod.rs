//! Decisions as stories, and replays of random histories.

mod automatic_replies;
mod check_email;
mod crowds;
mod flags;
mod histories;
mod maildrop;
mod oversize;
mod reports;
mod restored;
mod screening;
mod sending;
mod stories;
mod threading;
mod world;
