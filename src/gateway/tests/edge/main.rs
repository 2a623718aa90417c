//! The network edge against real servers on loopback, and against servers that mean harm.

#[cfg(test)]
mod after;
#[cfg(test)]
mod hostile_imap;
#[cfg(test)]
mod hostile_pop3;
#[cfg(test)]
mod hostile_smtp;
#[cfg(test)]
mod imap;
#[cfg(test)]
mod imap_cases;
#[cfg(test)]
mod maildir;
#[cfg(test)]
mod memory;
#[cfg(test)]
mod oauth;
#[cfg(test)]
mod odd_imap;
#[cfg(test)]
mod odd_pop3;
#[cfg(test)]
mod peer;
#[cfg(test)]
mod pop3;
#[cfg(test)]
mod proxy;
#[cfg(test)]
mod quarantine;
#[cfg(test)]
mod script;
#[cfg(test)]
mod smtp;
#[cfg(test)]
mod smtp_offers;
#[cfg(test)]
mod stopped;
#[cfg(test)]
mod store;
#[cfg(test)]
mod webhook;
