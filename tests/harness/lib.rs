//! What the end-to-end journeys are written with: real mail servers, the program as its users run
//! it, and the people on both sides of it.

mod agent;
mod customer;
mod dialogue;
mod line;
mod mail;
mod name_server;
mod people;
mod program;
mod random;
mod servers;
mod stage;
mod wait;
mod web_server;
mod wire;

pub use agent::{Agent, MailClient};
pub use customer::Customer;
pub use dialogue::submit_to;
pub use mail::{Mail, Outgoing};
pub use name_server::NameServer;
pub use program::{Program, binary};
pub use random::Random;
pub use servers::{Server, Servers};
pub use stage::{Needs, Stage, journey, skip};
pub use wait::{until, within};
pub use web_server::{Question, WebServer};
pub use wire::{Fault, Wire};
