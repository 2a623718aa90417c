//! Reads questions to other programs.

use std::collections::BTreeMap;

use event::ParameterName;

use crate::part::Part;
use crate::surroundings::Mention;
use crate::{ActionKind, Template, Webhook, webhook_url};

/// How long an attempt of a webhook takes where the application does not say.
const TIMEOUT_MS_DEFAULT: u32 = 10_000;
/// How long it may take at most.
const TIMEOUT_MS_MAX: u32 = 300_000;
/// How many attempts a webhook makes where the application does not say.
const ATTEMPTS_DEFAULT: u8 = 3;

pub(crate) fn call_webhook(part: &mut Part<'_, '_>) -> Option<ActionKind> {
    let body = part.template("body", Template::parse_json);
    let url = webhook_url(part);
    let (timeout_ms, attempts, result) = (timeout(part), attempts(part), result(part));
    let webhook = Webhook {
        url: url?,
        body: body?,
        timeout_ms: timeout_ms?,
        attempts: attempts?,
        result: result?,
    };
    Some(ActionKind::CallWebhook(Box::new(webhook)))
}

fn webhook_url(part: &mut Part<'_, '_>) -> Option<String> {
    let entry = part.need("url")?;
    let url = part.text("url", entry)?;
    let host = part.ok("url", &entry.span(), webhook_url::host(url))?;
    part.reading.mention(&entry.span(), Mention::WebhookHost(host));
    Some(url.to_owned())
}

fn timeout(part: &mut Part<'_, '_>) -> Option<u32> {
    let Some(entry) = part.get("timeout") else { return Some(TIMEOUT_MS_DEFAULT) };
    let ms = part.duration("timeout", entry)?;
    let timeout = u32::try_from(ms).ok().filter(|ms| (1..=TIMEOUT_MS_MAX).contains(ms));
    if timeout.is_none() {
        part.reading.refuse(
            &entry.span(),
            "`timeout` must be above \"0 s\" and at most \"5 min\"",
            None,
        );
    }
    timeout
}

fn attempts(part: &mut Part<'_, '_>) -> Option<u8> {
    match part.get("attempts") {
        Some(entry) => u8::try_from(part.number("attempts", entry, [1, 10])?).ok(),
        None => Some(ATTEMPTS_DEFAULT),
    }
}

fn result(part: &mut Part<'_, '_>) -> Option<BTreeMap<ParameterName, String>> {
    let Some(entry) = part.get("result") else { return Some(BTreeMap::new()) };
    let table = part.table("result", entry)?;
    let pairs = table.iter().map(|(parameter, entry)| {
        let name = part.ok("result", &parameter.span(), parameter.get_ref().parse())?;
        let pointer = part.text("result", entry)?;
        part.ok("result", &entry.span(), json_pointer(pointer))?;
        Some((name, pointer.to_owned()))
    });
    pairs.collect()
}

/// A JSON Pointer (RFC 6901) is empty, for the whole answer, or begins with a slash.
fn json_pointer(text: &str) -> Result<(), String> {
    let is_escaped = text.split('~').skip(1).all(|after| after.starts_with(['0', '1']));
    if (text.is_empty() || text.starts_with('/')) && is_escaped {
        Ok(())
    } else {
        Err(format!(
            "`{text}` is no JSON Pointer; write one such as `/customer/id`, with `~1` for `/` and `~0` for `~` in a name"
        ))
    }
}
