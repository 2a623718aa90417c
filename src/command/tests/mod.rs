//! Decisions as stories, and replays of random histories.

mod applications;
mod automatic_replies;
mod check_email;
mod crowds;
mod desk;
mod fairness;
mod flags;
mod floor;
mod happenings;
mod histories;
mod line_rules;
mod loading;
mod maildrop;
mod oversize;
mod parking;
mod reference;
mod reports;
mod restored;
mod routing;
mod screening;
mod sending;
mod stories;
mod supervision;
mod threading;
mod work;
mod world;
