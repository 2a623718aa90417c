//! Decisions as stories, and replays of random histories.

mod automatic_replies;
mod check_email;
mod crowds;
mod fairness;
mod flags;
mod floor;
mod histories;
mod line_rules;
mod maildrop;
mod oversize;
mod reference;
mod reports;
mod restored;
mod routing;
mod screening;
mod sending;
mod stories;
mod threading;
mod world;
