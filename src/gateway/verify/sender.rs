//! DKIM, SPF and DMARC of one mail, by the DNS.

use event::{Address, Check, CheckedBy};
use mail::{CheckOutcome, Hop, SenderCheck};
use mail_auth::common::crypto::Algorithm;
use mail_auth::dkim::DkimError;
use mail_auth::dmarc::verify::DmarcParameters;
use mail_auth::spf::verify::SpfParameters;
use mail_auth::{
    AuthenticatedMessage, DkimOutput, DkimResult, DmarcOutput, DmarcResult, Error, SpfOutput,
    SpfResult,
};

use super::dns::Dns;

/// A mail with more signatures is not checked: each costs a question and a computation.
const SIGNATURES_MAX: usize = 16;
/// A mail with a longer header is not checked: each signature may name each of its fields.
const HEADER_BYTES_MAX: usize = 128 * 1024;

/// Checks a mail that shows `from` and came to our own server by `hop`.
///
/// Without a hop SPF is not checked, and DMARC is only ever passed by a signature: it is not said
/// to have failed, since SPF might have passed. Nor is anything said to which the DNS gave no answer.
pub(super) async fn check(
    dns: &Dns,
    raw: &[u8],
    from: Option<&Address>,
    hop: Option<&Hop>,
) -> SenderCheck {
    let Some(message) = AuthenticatedMessage::parse(raw) else { return SenderCheck::default() };
    if message.dkim_headers.len() > SIGNATURES_MAX || message.body_offset() > HEADER_BYTES_MAX {
        return SenderCheck::default();
    }
    let from = from.map_or("", Address::domain);
    let found = dns.authenticator().verify_dkim(&message).await;
    let spf = match hop {
        None => SpfOutput::default(),
        Some(Hop { client, hello, by, sender }) => {
            let asked = SpfParameters::verify_mail_from(*client, hello, by, sender);
            dns.authenticator().verify_spf(asked).await
        }
    };
    let sound: Vec<_> = found.iter().filter(|signature| is_sound(signature)).cloned().collect();
    let asked = DmarcParameters {
        message: &message,
        dkim_output: &sound,
        dkim2_output: None,
        rfc5321_mail_from_domain: spf.domain(),
        spf_output: &spf,
    };
    let dmarc = dns.authenticator().verify_dmarc(asked).await;
    if found.iter().any(|output| matches!(output.result(), DkimResult::TempError(_)))
        || spf.result() == SpfResult::TempError
        || matches!(dmarc.result(), DmarcResult::TempError(_))
    {
        dns.doubt();
    }
    let (dkim, signer) = of_signatures(&found, from);
    let named = |check, domain: &str| {
        let domain = (check != Check::NotChecked).then(|| domain.to_ascii_lowercase());
        CheckOutcome { check, domain: domain.filter(|domain| !domain.is_empty()) }
    };
    let spf_check = if hop.is_some() { of_spf(&spf) } else { Check::NotChecked };
    SenderCheck::new(
        CheckedBy::Ourselves,
        named(dkim, signer),
        named(spf_check, spf.domain()),
        named(of_dmarc(&dmarc, from, hop.is_some()), from),
    )
}

/// RFC 6376 section 5.4 wants From signed, RFC 8301 section 3.1 no SHA-1.
fn is_sound(output: &DkimOutput<'_>) -> bool {
    output.signature().is_none_or(|signature| {
        signature.a != Algorithm::RsaSha1
            && signature.h.iter().any(|name| name.eq_ignore_ascii_case("from"))
    })
}

/// The best result and whose signature it is; among good ones that of the domain of From.
fn of_signatures<'a>(found: &'a [DkimOutput<'_>], from: &str) -> (Check, &'a str) {
    let results = found.iter().map(|output| {
        let signer = output.signature().map_or("", |signature| signature.d.as_str());
        (
            if is_sound(output) { of_signature(output.result()) } else { Check::PermanentError },
            signer,
        )
    });
    let rank = |&(check, signer): &(Check, &str)| match check {
        Check::Pass if signer == from => 0,
        Check::Pass => 1,
        // It might be good.
        Check::NotChecked => 2,
        Check::Fail => 3,
        Check::PermanentError => 4,
        Check::Neutral | Check::SoftFail | Check::None | Check::TemporaryError => 5,
    };
    results.min_by_key(rank).unwrap_or((Check::None, ""))
}

fn of_signature(result: &DkimResult) -> Check {
    match result {
        DkimResult::Pass => Check::Pass,
        DkimResult::Fail(_) | DkimResult::Neutral(Error::Dkim(DkimError::FailedBodyHashMatch)) => {
            Check::Fail
        }
        DkimResult::Neutral(_) => Check::Neutral,
        DkimResult::PermError(_) => Check::PermanentError,
        DkimResult::TempError(_) => Check::NotChecked,
        DkimResult::None => Check::None,
    }
}

fn of_spf(spf: &SpfOutput) -> Check {
    match spf.result() {
        SpfResult::Pass => Check::Pass,
        SpfResult::Fail => Check::Fail,
        SpfResult::SoftFail => Check::SoftFail,
        SpfResult::Neutral => Check::Neutral,
        SpfResult::PermError => Check::PermanentError,
        SpfResult::None => Check::None,
        SpfResult::TempError => Check::NotChecked,
    }
}

fn of_dmarc(dmarc: &DmarcOutput, from: &str, with_spf: bool) -> Check {
    // Several From fields, which programs read differently.
    if dmarc.domain() != from {
        return Check::NotChecked;
    }
    match dmarc.result() {
        DmarcResult::Pass => Check::Pass,
        DmarcResult::Fail(_) if with_spf => Check::Fail,
        DmarcResult::Fail(_) | DmarcResult::TempError(_) => Check::NotChecked,
        DmarcResult::PermError(_) => Check::PermanentError,
        DmarcResult::None => Check::None,
    }
}
