//! Mails of known senders against a real name server, and against one that does not answer.

use std::net::UdpSocket;

use base64::engine::Engine;
use base64::engine::general_purpose::STANDARD;
use event::Check::NotChecked;
use event::{Address, Check, CheckedBy, Mark, MessageDigest, MessageRef, Source, Timestamp};
use harness::{NameServer, skip};
use mail::Hop;
use mail_auth::common::crypto::{RsaKey, Sha256};
use mail_auth::common::headers::HeaderWriter;
use mail_auth::dkim::DkimSigner;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;

use super::*;
use crate::{HealthCell, HealthState, Signer, Stopper};

const KEY: &[u8] = include_bytes!("../fixtures/dkim-rsa.pem");

fn key() -> RsaKey<Sha256> {
    RsaKey::from_key_der(PrivateKeyDer::from_pem_slice(KEY).unwrap()).unwrap()
}

/// What the senders of the tests publish.
fn zone() -> Option<NameServer> {
    let key = format!("v=DKIM1; k=rsa; p={}", STANDARD.encode(key().public_key()));
    let records = [
        ("s1._domainkey.good.test", key.as_str()),
        ("_dmarc.good.test", "v=DMARC1; p=reject"),
        ("good.test", "v=spf1 ip4:192.0.2.1 -all"),
        ("s1._domainkey.list.test", &key),
        ("list.test", "v=spf1 ip4:192.0.2.1 ~all"),
        ("s1._domainkey.plain.test", &key),
        ("s1._domainkey.revoked.test", "v=DKIM1; p="),
        ("wrong.test", "v=spf1 include:nothing.test -all"),
        ("mail.good.test", "v=spf1 ip4:192.0.2.1 -all"),
    ];
    match NameServer::start(&records).unwrap() {
        Ok(server) => Some(server),
        Err(reason) => {
            skip(&reason).unwrap();
            None
        }
    }
}

fn mail_from(from: &str) -> String {
    format!("From: Jo <{from}>\r\nTo: info@desk.test\r\nSubject: parcel\r\n\r\nWhere is it?\r\n")
}

fn signed(by: &str, mail: &str) -> String {
    let mut signer = Signer::default();
    signer.add(by, "s1", KEY).unwrap();
    String::from_utf8(signer.sign(by, mail.into())).unwrap()
}

/// A signature over these fields alone.
fn signed_over(fields: &[&str], mail: &str) -> String {
    let signer = DkimSigner::from_key(key()).domain("good.test").selector("s1");
    let signature = signer.headers(fields.iter().copied()).sign(mail.as_bytes()).unwrap();
    signature.to_header() + mail
}

fn hop(client: [u8; 4], sender: &str) -> Option<Hop> {
    let (hello, by) = ("mail.good.test".to_owned(), "mx.desk.test".to_owned());
    Some(Hop { client: client.into(), hello, by, sender: sender.to_owned() })
}

async fn found(dns: &Dns, raw: &str, from: &str, hop: Option<&Hop>) -> [String; 3] {
    let from = Address::new(from).unwrap();
    let found = sender::check(dns, raw.as_bytes(), Some(&from), hop).await;
    let checked = found.verification;
    let expected = [checked.dkim, checked.spf, checked.dmarc] == [NotChecked; 3];
    assert_eq!(checked.by, if expected { CheckedBy::Nobody } else { CheckedBy::Ourselves });
    let domains = found.domains;
    [(checked.dkim, domains.dkim), (checked.spf, domains.spf), (checked.dmarc, domains.dmarc)].map(
        |(check, domain)| format!("{check} {}", domain.unwrap_or_default()).trim_end().to_owned(),
    )
}

#[tokio::test]
async fn signatures_are_checked_and_aligned_with_from() {
    let Some(zone) = zone() else { return };
    let dns = Dns::new(Some(zone.address())).unwrap();
    let jo = "jo@good.test";
    let good = mail_from(jo);
    let many = (0..17).fold(good.clone(), |mail, _| signed("good.test", &mail));
    let long = format!("X-Long: {}\r\n{}", "x".repeat(140_000), signed("good.test", &good));
    let cases = [
        (signed("good.test", &good), jo, ["pass good.test", "pass good.test"]),
        (
            signed("good.test", &mail_from("jo@news.good.test")),
            "jo@news.good.test",
            ["pass good.test", "pass news.good.test"],
        ),
        // Whether SPF would have passed nobody knows.
        (signed("list.test", &good), jo, ["pass list.test", "not checked"]),
        (good.clone(), jo, ["none", "not checked"]),
        (
            signed("good.test", &good).replace("Where", "There"),
            jo,
            ["fail good.test", "not checked"],
        ),
        (
            signed("good.test", &good).replace("parcel", "gift"),
            jo,
            ["fail good.test", "not checked"],
        ),
        // One good signature of several is enough, and From's own goes before others.
        (
            signed("list.test", &signed("good.test", &good)),
            jo,
            ["pass good.test", "pass good.test"],
        ),
        (signed("nokey.test", &good), jo, ["permerror nokey.test", "not checked"]),
        (signed("revoked.test", &good), jo, ["permerror revoked.test", "not checked"]),
        (
            signed("plain.test", &mail_from("jo@plain.test")),
            "jo@plain.test",
            ["pass plain.test", "none plain.test"],
        ),
        // Anybody could put another From on it.
        (signed_over(&["Subject", "To"], &good), jo, ["permerror good.test", "not checked"]),
        (signed_over(&["From"], &good), jo, ["pass good.test", "pass good.test"]),
        // Which From is shown depends on the program.
        (
            format!("From: ceo@bank.test\r\n{}", signed_over(&["From"], &good)),
            jo,
            ["pass good.test", "not checked"],
        ),
        (signed("good.test", &good), "ceo@bank.test", ["pass good.test", "not checked"]),
        (many, jo, ["not checked", "not checked"]),
        (long, jo, ["not checked", "not checked"]),
    ];
    for ((mail, from, [dkim, dmarc]), number) in cases.into_iter().zip(1..) {
        let found = found(&dns, &mail, from, None).await;
        assert_eq!(found, [dkim, "not checked", dmarc], "case {number}");
    }
}

#[tokio::test]
async fn spf_is_checked_where_it_is_certain_who_handed_the_mail_over() {
    let Some(zone) = zone() else { return };
    let dns = Dns::new(Some(zone.address())).unwrap();
    let (ours, other) = ([192, 0, 2, 1], [198, 51, 100, 1]);
    for (client, sender, expected) in [
        (ours, "jo@good.test", ["none", "pass good.test", "pass good.test"]),
        (other, "jo@good.test", ["none", "fail good.test", "fail good.test"]),
        // The envelope sender says nothing about From unless the domains are related.
        (ours, "jo@list.test", ["none", "pass list.test", "fail good.test"]),
        (other, "jo@list.test", ["none", "softfail list.test", "fail good.test"]),
        (ours, "jo@nothing.test", ["none", "none nothing.test", "fail good.test"]),
        (ours, "jo@wrong.test", ["none", "permerror wrong.test", "fail good.test"]),
        // The null sender: what the host called itself.
        (ours, "", ["none", "pass mail.good.test", "pass good.test"]),
    ] {
        let hop = hop(client, sender);
        let good = mail_from("jo@good.test");
        assert_eq!(found(&dns, &good, "jo@good.test", hop.as_ref()).await, expected, "{sender}");
    }
}

/// Commands for these mails, as the intake makes them.
fn commands(mails: &[String]) -> Vec<(Command, Option<Bytes>)> {
    let command = |raw: &String| {
        let mail = ReceiveMail {
            source: Source {
                mailbox: "support".parse().unwrap(),
                mark: Mark::Imap { uid_validity: 1, uid: 1 },
            },
            message: MessageRef { digest: MessageDigest([0; 32]), size: 0 },
            received: Timestamp(0),
            digest: [0; 32],
            parsed: mail::parse(raw.as_bytes()).unwrap(),
            answers: None,
            sender: SenderCheck::default(),
        };
        (Command::ReceiveMail(Box::new(mail)), Some(Bytes::from(raw.clone())))
    };
    mails.iter().map(command).collect()
}

async fn dmarc_of(verifier: &Verifier, mails: &[String]) -> Vec<Check> {
    let mut commands = commands(mails);
    verifier.check(commands.iter_mut().map(|(command, raw)| (command, raw.clone()))).await;
    let dmarc = |(command, _): (Command, _)| match command {
        Command::ReceiveMail(mail) => mail.sender.verification.dmarc,
        _ => NotChecked,
    };
    commands.into_iter().map(dmarc).collect()
}

async fn wait_for(health: &HealthCell, is_so: impl Fn(&HealthState) -> bool) {
    let mut watch = health.watch();
    let changed = watch.wait_for(|health| is_so(&health.state));
    tokio::time::timeout(Duration::from_secs(30), changed).await.unwrap().unwrap();
}

#[tokio::test]
async fn mail_goes_on_unchecked_while_the_dns_is_away_and_is_checked_again_when_it_is_back() {
    let Some(zone) = zone() else { return };
    let dns = Dns::new(Some(zone.address())).unwrap();
    let (stopper, stop) = Stopper::new();
    let health = HealthCell::new();
    let watching = tokio::spawn(dns.clone().watch(health.clone(), stop));
    let verifier = Verifier::new(BTreeMap::new(), Some(dns));
    // Other domains each time: what is known already needs no server.
    let mails = |name: &str, count: usize| -> Vec<String> {
        let mail = |number| mail_from(&format!("jo@{name}{number}.test"));
        (0..count).map(mail).collect()
    };
    assert_eq!(dmarc_of(&verifier, &mails("first", 100)).await, [Check::None; 100]);
    zone.pause().unwrap();
    assert_eq!(dmarc_of(&verifier, &mails("second", 100)).await, [NotChecked; 100]);
    wait_for(&health, |state| matches!(state, HealthState::Failing { .. })).await;
    assert_eq!(dmarc_of(&verifier, &mails("third", 100)).await, [NotChecked; 100]);
    zone.resume().unwrap();
    wait_for(&health, |state| *state == HealthState::Ok).await;
    assert_eq!(dmarc_of(&verifier, &mails("fourth", 3)).await, [Check::None; 3]);
    stopper.stop();
    watching.await.unwrap();
}

#[tokio::test]
async fn a_server_that_never_answers_is_asked_about_no_mail() {
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let dns = Dns::new(Some(silent.local_addr().unwrap())).unwrap();
    let (_stopper, stop) = Stopper::new();
    tokio::spawn(dns.clone().watch(HealthCell::new(), stop));
    let verifier = Verifier::new(BTreeMap::new(), Some(dns));
    let mails = vec![mail_from("jo@good.test"); 100];
    for _ in 0..3 {
        assert_eq!(dmarc_of(&verifier, &mails).await, [NotChecked; 100]);
    }
    silent.set_nonblocking(true).unwrap();
    let mut question = [0; 512];
    let mut asked = 0;
    while let Ok(length) = silent.recv(&mut question) {
        asked += 1;
        assert!(!question[..length].windows(4).any(|bytes| bytes == b"good"), "{question:?}");
    }
    assert!(asked > 0);
}
