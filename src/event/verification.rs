//! What is known about whether a mail is from whom it says.

use std::fmt;
use std::str::FromStr;

use bincode::{Decode, Encode};
use serde::Serialize;

/// The three checks of a mail's sender and who made them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Verification {
    /// RFC 6376: whether a signature of any domain is good; it need not be the domain of From.
    pub dkim: Check,
    /// RFC 7208: whether the domain of the envelope sender allows the sending host.
    pub spf: Check,
    /// RFC 7489: whether the domain of From stands by the mail; the one that a reader can rely on.
    pub dmarc: Check,
    /// Who made the checks.
    pub by: CheckedBy,
}

/// The result of one check, in the words of RFC 8601 section 2.7.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize)]
pub enum Check {
    /// Nobody we trust said anything about it.
    #[default]
    NotChecked,
    /// The sender's domain stands by the mail.
    Pass,
    /// The sender's domain does not stand by the mail, or its signature is not acceptable.
    Fail,
    /// SPF: probably not from the domain.
    SoftFail,
    /// The domain makes no statement, or its signature cannot be read.
    Neutral,
    /// There is no signature, or the domain publishes no policy.
    None,
    /// It could not be checked then, for want of an answer from the DNS.
    TemporaryError,
    /// What the domain publishes cannot be understood.
    PermanentError,
}

/// A word that is no result of a check.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no result of a check; allowed: `pass`, `fail`, `softfail`, `neutral`, `none`, `temperror`, `permerror`, `not checked`"
)]
pub struct CheckError(String);

impl FromStr for Check {
    type Err = CheckError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "not checked" => Self::NotChecked,
            "pass" => Self::Pass,
            "fail" => Self::Fail,
            "softfail" => Self::SoftFail,
            "neutral" => Self::Neutral,
            "none" => Self::None,
            "temperror" => Self::TemporaryError,
            "permerror" => Self::PermanentError,
            other => return Err(CheckError(other.to_owned())),
        })
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotChecked => "not checked",
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::SoftFail => "softfail",
            Self::Neutral => "neutral",
            Self::None => "none",
            Self::TemporaryError => "temperror",
            Self::PermanentError => "permerror",
        })
    }
}

/// Who checked a mail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize)]
pub enum CheckedBy {
    /// Nobody we trust.
    #[default]
    Nobody,
    /// The mail server we fetched it from, as told in Authentication-Results.
    Server,
    /// Postbook itself.
    Ourselves,
}
