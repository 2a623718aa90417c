//! The network edge: fetches mail over IMAP and POP3 and from Maildirs, sends it over SMTP, stores it.
//!
//! Nothing here decides anything: what is fetched goes into an [`Inbox`], what is sent comes with
//! its envelope, and a mailbox's or target's condition is read from its [`HealthCell`].

mod account;
mod backoff;
mod census;
mod deliver;
mod dispatch;
mod dkim;
mod errands;
mod fetched;
mod health;
mod imap;
mod in_hand;
mod inbox;
mod intake;
mod maildir;
mod net;
mod oauth;
mod outbound;
mod pop3;
mod post;
mod rates;
mod screen;
mod smtp;
mod step;
mod stop;
mod store;
mod target;
mod tls;
mod token_lookup;
mod verify;
mod web_url;
mod webhook;
mod wire;
mod words;

pub use account::{
    Account, After, Credentials, History, ImapAccount, ImapTimeouts, Login, MaildirAccount,
    Pop3Account, Pop3After, Pop3Timeouts, Secret, Security, SmtpAccount, SmtpTimeouts,
};
pub use census::{CensusError, Details, Present, census, details};
pub use deliver::{DeliverError, deliver};
pub use dispatch::run_outbound;
pub use dkim::{Signer, SignerError};
pub use errands::{Errands, checked_mail, run_errands};
pub use fetched::{Body, Fetched};
pub use health::{Health, HealthCell, HealthState};
pub use imap::{ImapError, run_imap};
#[cfg(feature = "fuzzing")]
pub use imap::{ImapFetch, imap_fetch, imap_responses, imap_session};
pub use inbox::{Inbox, InboxError};
pub use intake::{Intake, Terms};
pub use maildir::{MaildirError, run_maildir};
pub use net::ConnectError;
pub use oauth::{OAuth2Client, TokenError, TokenSource};
pub use outbound::Outbound;
pub use pop3::{MaildropInbox, Pop3Error, run_pop3};
#[cfg(feature = "fuzzing")]
pub use pop3::{pop3_content, pop3_session};
pub use projections::{Accounted, Activation, ImapCursor, Maildrop, Reached};
pub use rates::{RateDomain, RateDomainError, Rates};
pub use smtp::{Envelope, RecipientOutcome, SendOutcome, SendReport, SmtpSender};
pub use step::Step;
pub use stop::{Stop, Stopper};
pub use store::{MessageStore, StoreError};
pub use target::Target;
pub use tls::{Trust, TrustError, tls_config};
pub use verify::{Dns, DnsError, Trusted, Verifier};
pub use web_url::{WebUrl, WebUrlError};
pub use webhook::{WebhookCall, WebhookOutcome, call_webhook};
