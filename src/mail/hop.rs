//! Reads from whom our own mail server took a mail: Received and Return-Path (RFC 5321 section 4.4).

use std::net::IpAddr;

use crate::header::{self, Field};

/// A longer field is not read: no server writes it of itself.
const FIELD_BYTES_MAX: usize = 2_048;

/// How a mail came to our own mail server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// The host that handed it over.
    pub client: IpAddr,
    /// What that host called itself.
    pub hello: String,
    /// Our own server.
    pub by: String,
    /// The envelope sender; empty for the null sender.
    pub sender: String,
}

/// How a raw mail came to the server that calls itself `by` in Received, as Postfix and Sendmail
/// write it; `None` where anything leaves a doubt.
///
/// The topmost field of that server is its own, for those of strangers stand below it. Above it
/// must be the Return-Path, which the delivery put there. A mail that came from this machine, a
/// private network or a login came by way of another program, and is not told of.
pub fn hop(raw: &[u8], by: &str) -> Option<Hop> {
    let (header, _) = header::split(raw);
    let mut sender = None;
    for field in header.iter() {
        if field.name.eq_ignore_ascii_case("Return-Path") && sender.is_none() {
            sender = Some(return_path(field)?);
        }
        if !field.name.eq_ignore_ascii_case("Received") {
            continue;
        }
        let received = Received::read(field);
        if !received.word(2).eq_ignore_ascii_case("by")
            || !received.word(3).eq_ignore_ascii_case(by)
        {
            continue;
        }
        match received.word(5).to_ascii_uppercase().as_str() {
            // The delivery into the mailbox.
            "LMTP" | "LMTPS" => continue,
            "SMTP" | "ESMTP" | "ESMTPS" | "UTF8SMTP" | "UTF8SMTPS" => {}
            _ => return None,
        }
        let client = received.client().filter(is_elsewhere)?;
        let hello = received.word(1).to_owned();
        return Some(Hop { client, hello, by: by.to_owned(), sender: sender? });
    }
    None
}

/// A Received field: the words outside comments, and the comment behind the second one.
#[derive(Default)]
struct Received {
    words: Vec<String>,
    comment: String,
}

impl Received {
    fn read(field: &Field<'_>) -> Self {
        let mut received = Self::default();
        let text = field.text(FIELD_BYTES_MAX);
        let (mut depth, mut word) = (0_usize, String::new());
        for c in text.chars() {
            match c {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                _ if depth == 1 && received.words.len() == 2 => received.comment.push(c),
                _ if depth > 0 => {}
                _ if c == ';' || c.is_whitespace() => {}
                _ => word.push(c),
            }
            let is_end = depth > 0 || c == ';' || c.is_whitespace();
            if is_end && !word.is_empty() {
                received.words.push(std::mem::take(&mut word));
            }
        }
        received
    }

    /// One of its words; empty where it has not so many.
    fn word(&self, place: usize) -> &str {
        self.words.get(place).map_or("", String::as_str)
    }

    /// `name [address]`, as the server saw it.
    fn client(&self) -> Option<IpAddr> {
        let (_, bracketed) = self.comment.split_once('[')?;
        let (address, _) = bracketed.split_once(']')?;
        address.strip_prefix("IPv6:").unwrap_or(address).parse().ok()
    }
}

fn return_path(field: &Field<'_>) -> Option<String> {
    let text = field.text(FIELD_BYTES_MAX);
    let sender = text.trim().strip_prefix('<')?.strip_suffix('>')?;
    let is_address =
        sender.contains('@') && !sender.contains(|c: char| c.is_whitespace() || "<>".contains(c));
    (sender.is_empty() || is_address).then(|| sender.to_owned())
}

fn is_elsewhere(client: &IpAddr) -> bool {
    match client.to_canonical() {
        IpAddr::V4(v4) => {
            !(v4.is_loopback() || v4.is_private() || v4.is_link_local() || v4.is_unspecified())
        }
        IpAddr::V6(v6) => {
            !(v6.is_loopback()
                || v6.is_unique_local()
                || v6.is_unicast_link_local()
                || v6.is_unspecified())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Postfix and Dovecot on one machine write it.
    const RECEIVED: &str = "Return-Path: <jo@bounce.example.org>\r\n\
        Delivered-To: info@corp.test\r\n\
        Received: from mx.corp.test ([127.0.0.1])\r\n\tby mx.corp.test with LMTP\r\n\t\
        id qDoqHn0AQmcAAA (envelope-from <jo@bounce.example.org>)\r\n\t\
        for <info@corp.test>; Mon, 2 Mar 2026 09:00:00 +0000\r\n\
        Received: from mail.example.org (mail.example.org [192.0.2.1])\r\n\t\
        (using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits))\r\n\t\
        (No client certificate requested)\r\n\tby MX.corp.test (Postfix) with ESMTPS id 4ABC\r\n\t\
        for <info@corp.test>; Mon,  2 Mar 2026 09:00:00 +0000 (UTC)\r\n\
        From: jo@example.org\r\n\r\nbody\r\n";

    fn read(raw: &str) -> Option<Hop> {
        hop(raw.as_bytes(), "mx.corp.test")
    }

    #[test]
    fn what_postfix_and_dovecot_write_is_read() {
        let expected = Hop {
            client: [192, 0, 2, 1].into(),
            hello: "mail.example.org".to_owned(),
            by: "mx.corp.test".to_owned(),
            sender: "jo@bounce.example.org".to_owned(),
        };
        assert_eq!(read(RECEIVED), Some(expected));
        let bounce = RECEIVED.replacen("<jo@bounce.example.org>", "<>", 1);
        assert_eq!(read(&bounce).unwrap().sender, "");
        let unknown =
            RECEIVED.replace("mail.example.org [192.0.2.1]", "unknown [IPv6:2001:db8::1]");
        assert_eq!(read(&unknown).unwrap().client, "2001:db8::1".parse::<IpAddr>().unwrap());
    }

    #[test]
    fn what_is_not_certain_is_not_told() {
        for (from, to) in [
            ("MX.corp.test (Postfix)", "mx.other.test (Postfix)"),
            ("with ESMTPS", "with ESMTPSA"),
            ("with ESMTPS id", "id"),
            ("192.0.2.1", "127.0.0.1"),
            ("192.0.2.1", "10.1.2.3"),
            ("192.0.2.1", "IPv6:::ffff:192.168.1.1"),
            ("192.0.2.1", "fe80::1"),
            ("[192.0.2.1]", "192.0.2.1"),
            ("192.0.2.1", "x"),
            ("Return-Path: <jo@bounce.example.org>", "Return-Path: jo"),
            ("Return-Path: <jo@bounce.example.org>", "X-Return-Path: <jo@bounce.example.org>"),
            ("Return-Path: <jo@bounce.example.org>", "Return-Path: <a b@bounce.example.org>"),
        ] {
            let changed = RECEIVED.replacen(from, to, 1);
            assert!(changed != RECEIVED);
            assert_eq!(read(&changed), None, "{to}");
        }
    }

    #[test]
    fn what_a_stranger_writes_below_counts_for_nothing() {
        let forged =
            "Received: from bank.test (bank.test [198.51.100.1]) by mx.corp.test with SMTP; x\r\n";
        let client = |raw: &str| read(raw).map(|hop| hop.client);
        let below = RECEIVED.replace("From:", &format!("{forged}From:"));
        assert_eq!(client(&below), Some([192, 0, 2, 1].into()));
        // By way of another program on this machine, nobody can tell which field below is true.
        let local = below.replace("192.0.2.1", "127.0.0.1");
        assert_eq!(client(&local), None);
        let path = RECEIVED
            .replacen("Return-Path", "X", 1)
            .replace("From:", "Return-Path: <a@b>\r\nFrom:");
        assert_eq!(client(&path), None);
    }

    #[test]
    fn hostile_sizes_end_early() {
        let deep = format!("Received: {}\r\n\r\n", "(".repeat(1_000_000));
        assert_eq!(read(&deep), None);
        let many = "Received: by mx.corp.test with LMTP\r\n".repeat(10_000);
        assert_eq!(read(&many), None);
    }
}
