//! What a gateway was doing, for error messages.

use std::fmt;

/// What a gateway was doing when something went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Finding the server's address.
    Resolve,
    /// Opening the connection.
    Connect,
    /// Agreeing on TLS.
    Handshake,
    /// Waiting for the server's first line.
    Greeting,
    /// Asking what the server can do.
    Capability,
    /// Asking for TLS.
    StartTls,
    /// Getting an access token.
    Token,
    /// Logging in.
    Login,
    /// Opening the folder.
    Select,
    /// Looking for new messages.
    List,
    /// Fetching messages.
    Fetch,
    /// Marking, moving or deleting recorded messages.
    After,
    /// Waiting for news.
    Idle,
    /// Naming sender and recipients.
    Envelope,
    /// Sending the message.
    Data,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resolve => "finding its address",
            Self::Connect => "connecting",
            Self::Handshake => "agreeing on TLS",
            Self::Greeting => "waiting for its greeting",
            Self::Capability => "asking what it can do",
            Self::StartTls => "asking for TLS",
            Self::Token => "getting an access token",
            Self::Login => "logging in",
            Self::Select => "opening the folder",
            Self::List => "looking for new messages",
            Self::Fetch => "fetching messages",
            Self::After => "marking, moving or deleting recorded mail",
            Self::Idle => "waiting for news",
            Self::Envelope => "naming sender and recipients",
            Self::Data => "sending the message",
        })
    }
}
