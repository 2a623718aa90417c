//! Decisions as stories, and replays of random histories.

mod applications;
mod automatic_replies;
mod check_email;
mod crowds;
mod desk;
mod flags;
mod happenings;
mod histories;
mod maildrop;
mod oversize;
mod parking;
mod reports;
mod restored;
mod screening;
mod sending;
mod stories;
mod supervision;
mod threading;
mod work;
mod world;
