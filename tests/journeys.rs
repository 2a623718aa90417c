//! The end-to-end journeys: one module a story, each against real mail servers.

// Marked for clippy, which takes what is not for tests otherwise.
#[cfg(test)]
mod journeys {
    mod applications;
    mod apply;
    mod automatic_replies;
    mod bounces;
    mod cases;
    mod centre;
    mod chaos;
    mod configuration;
    mod conformance;
    mod crashes;
    mod crowd;
    mod disk;
    mod fixtures;
    mod happenings;
    mod imap;
    mod large;
    mod main_job;
    mod office;
    mod pop3;
    mod recipients;
    mod reconciliation;
    mod replies;
    mod restart;
    mod restored;
    mod sandbox;
    mod sending;
    mod servers;
    mod settings;
    mod threads;
    mod trouble;
    mod verification;
    mod work;
}
