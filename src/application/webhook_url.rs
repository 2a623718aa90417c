//! The addresses of webhooks.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv6Addr};

/// The host a webhook's address names, as the settings list it: in small letters, with its port where
/// that is not the usual one. The error says what is wrong with the address.
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
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        Some(_) | None => (authority, None),
    };
    let port = match port.map(str::parse::<u16>) {
        Some(Ok(port)) if port > 0 => Some(port),
        Some(_) => return refuse("has a wrong port"),
        None => None,
    };
    let host = host.to_ascii_lowercase();
    let ip: Option<IpAddr> = match host.strip_prefix('[').map(|rest| rest.strip_suffix(']')) {
        Some(inside) => match inside.map(str::parse::<Ipv6Addr>) {
            Some(Ok(ip)) => Some(ip.into()),
            Some(Err(_)) | None => return refuse("has a wrong IPv6 address"),
        },
        None => host.parse().ok(),
    };
    if ip.is_none() && !host.split('.').all(is_label) {
        return refuse("names no host");
    }
    let is_here = host == "localhost" || ip.is_some_and(|ip| ip.is_loopback());
    if !is_secure && !is_here {
        return refuse("is not secret on its way; use https, or http to this machine");
    }
    let usual = if is_secure { 443 } else { 80 };
    Ok(port.filter(|port| *port != usual).map_or(host.clone(), |port| format!("{host}:{port}")))
}

/// Whether a webhook's address may be called; the error says why not.
pub fn webhook_allowed(url: &str, hosts: &[String]) -> Result<(), String> {
    let host = host(url)?;
    if webhook_hosts(hosts).contains(&host) {
        return Ok(());
    }
    Err(format!("host `{host}` is not among the `webhook_hosts` of the settings; add it and apply"))
}

/// The hosts of the settings as addresses are compared with them: a port that is the usual one of https
/// is left out.
pub fn webhook_hosts(entries: &[String]) -> BTreeSet<String> {
    let hosts = entries.iter().filter(|entry| !entry.contains(['/', '?']));
    hosts.filter_map(|entry| host(&format!("https://{entry}/")).ok()).collect()
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
            ("https://crm.example.com:443/", "crm.example.com"),
            ("https://CRM.example.com:8443", "crm.example.com:8443"),
            ("http://localhost:9000/", "localhost:9000"),
            ("http://127.0.0.1/x", "127.0.0.1"),
            ("http://[::1]:80/x", "[::1]"),
            ("http://[::1]:443/x", "[::1]:443"),
            ("https://[2001:DB8::1]", "[2001:db8::1]"),
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
            ("https://[::1", "has a wrong IPv6 address"),
            ("https://[x]/", "has a wrong IPv6 address"),
            ("https://::1/", "names no host"),
            ("https://crm.example.com:", "has a wrong port"),
            ("https:///x", "names no host"),
            ("https://a..b/", "names no host"),
            ("https://crm.example.com/a b", "has signs that an address cannot have"),
        ] {
            let error = host(url).unwrap_err();
            assert!(error.starts_with(&format!("`{url}` {expected}")), "{error}");
        }
    }

    #[test]
    fn a_list_names_hosts_and_nothing_else() {
        let entries =
            ["crm.example.com/a", "crm.example.com?a", "https://a.b", "jo@a.b", "[::1]:81"];
        let hosts = webhook_hosts(&entries.map(str::to_owned));
        assert_eq!(hosts.into_iter().collect::<Vec<_>>(), ["[::1]:81"]);
    }

    #[test]
    fn a_port_that_is_not_listed_may_not_be_called() {
        let hosts = ["CRM.example.com:443", "localhost:9000"].map(str::to_owned);
        for (url, is_allowed) in [
            ("https://crm.example.com/", true),
            ("https://crm.example.com:8443/", false),
            ("http://localhost:9000/", true),
            ("http://localhost/", false),
            ("https://example.com/", false),
        ] {
            assert_eq!(webhook_allowed(url, &hosts).is_ok(), is_allowed, "{url}");
        }
    }
}
