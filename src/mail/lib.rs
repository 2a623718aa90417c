//! Mail without a network: parse, identify, classify, sign and find reply tokens, compose.
//!
//! Everything here is a pure function of its arguments and total on hostile input: no clock, no
//! randomness, no input or output.

mod address_list;
mod agent_copy;
mod answerable;
mod authentication_results;
mod automatic;
mod automatic_mail;
mod bounce;
mod decode;
mod encode;
mod fields;
mod header;
mod hop;
mod html;
mod identity;
mod language;
mod lines;
mod notice;
mod others;
mod oversize;
mod parse;
mod parts;
mod private;
mod quote_lines;
mod quote_marker;
mod redact;
mod reduce;
mod relay;
mod seal;
mod structure;
mod text;
mod token;
mod withhold;
mod words;

pub use agent_copy::{AgentCopy, Via};
pub use answerable::may_answer;
pub use authentication_results::{AuthenticationServer, CheckOutcome, SenderCheck, sender_check};
pub use automatic_mail::{AutomaticMail, Submitted};
pub use bounce::{Bounce, BounceRecipient, bounce};
pub use fields::fields;
pub use hop::{Hop, hop};
pub use identity::{contact_id, fingerprint};
pub use lines::with_crlf;
pub use notice::notice;
pub use others::{details, others};
pub use oversize::oversize_notice;
pub use parse::{Parsed, header, parse, received};
pub use parts::File;
pub use private::PrivateAddresses;
pub use redact::{Redacted, quoted_addresses, redact_quotes};
pub use reduce::{is_too_large, reduced};
pub use relay::Relay;
pub use seal::{Seal, unsigned};
pub use token::{
    Purpose, Token, TokenError, TokenKey, TokenSearch, find_token, message_id, own_mail,
    reply_address, reported_mail,
};
pub use withhold::withhold;
