//! The addresses of webhooks.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv6Addr};

/// The host a webhook's address names, in small letters and without a port; the error says what is
/// wrong with the address.
pub(crate) fn host(url: &str) -> Result<String, String> {
    let refuse = |what: &str| Err(format!("`{url}` {what}"));
    if url.contains(|c: char| c.is_control() || c.is_whitespace() || !c.is_ascii()) {
        return refuse("has signs that an address cannot have; write them as %XX");
    }
    let (is_secure, rest) = match url.split_once("://") {
        Some(("https", rest)) => (true, rest),
        Some(("http", rest)) => (false, rest),
        Some(_) | None => {
            return refuse(
                "is no address of a webhook; write one such as https://crm.example.com/",
            );
        }
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return refuse("holds a user's name, which would be in every log");
    }
    if rest.contains('#') {
        return refuse("holds a `#`, which is never sent");
    }
    let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, port)) if host.parse::<Ipv6Addr>().is_ok() => {
            (host, port.strip_prefix(':').or(port.is_empty().then_some("443")))
        }
        Some(_) => return refuse("has a wrong IPv6 address"),
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, Some("443")),
        },
    };
    if !port.is_some_and(|port| port.parse::<u16>().is_ok_and(|port| port > 0)) {
        return refuse("has a wrong port");
    }
    let host = host.to_ascii_lowercase();
    let is_name = host.contains(':') || (!host.is_empty() && host.split('.').all(is_label));
    if !is_name {
        return refuse("names no host");
    }
    let is_here = host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
    if !is_secure && !is_here {
        return refuse("is not secret on its way; use https, or http to this machine");
    }
    Ok(host)
}

/// Whether a webhook's address may be called; the error says why not.
pub fn webhook_allowed(url: &str, hosts: &[String]) -> Result<(), String> {
    let host = host(url)?;
    if webhook_hosts(hosts).contains(&host) {
        return Ok(());
    }
    Err(format!("host `{host}` is not among the `webhook_hosts` of the settings; add it and apply"))
}

/// The hosts of a list that may name ports, in small letters and without their ports.
pub fn webhook_hosts(entries: &[String]) -> BTreeSet<String> {
    entries.iter().filter_map(|entry| host(&format!("https://{entry}/")).ok()).collect()
}

fn is_label(label: &str) -> bool {
    !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_found() {
        for (url, expected) in [
            ("https://crm.example.com/contacts?a=b", "crm.example.com"),
            ("https://CRM.example.com:8443", "crm.example.com"),
            ("http://localhost:9000/", "localhost"),
            ("http://127.0.0.1/x", "127.0.0.1"),
            ("http://[::1]:80/x", "::1"),
            ("https://[2001:db8::1]", "2001:db8::1"),
        ] {
            assert_eq!(host(url).as_deref(), Ok(expected), "{url}");
        }
    }

    #[test]
    fn what_cannot_be_called_is_refused() {
        for (url, expected) in [
            ("crm.example.com", "is no address of a webhook"),
            ("ftp://crm.example.com", "is no address of a webhook"),
            ("http://crm.example.com", "is not secret on its way"),
            ("https://jo:secret@crm.example.com", "holds a user's name"),
            ("https://crm.example.com/#top", "holds a `#`, which is never sent"),
            ("https://crm.example.com:no/", "has a wrong port"),
            ("https://crm.example.com:0/", "has a wrong port"),
            ("https://[::1", "has a wrong port"),
            ("https://[x]/", "has a wrong IPv6 address"),
            ("https:///x", "names no host"),
            ("https://a..b/", "names no host"),
            ("https://crm.example.com/a b", "has signs that an address cannot have"),
        ] {
            let error = host(url).unwrap_err();
            assert!(error.starts_with(&format!("`{url}` {expected}")), "{error}");
        }
    }
}
