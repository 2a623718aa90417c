//! Whether a mail is from whom it says: what the mail server or the DNS tells, shown with the
//! contact.

use std::fs;

use anyhow::{Context, Result};
use harness::{NameServer, Needs, Program, Stage, journey, skip, until};
use serde_json::{Value, json};

use super::office::text;

/// A mail that `customer.test` signed, by the key in [`ZONE`].
const SIGNED: &str = "DKIM-Signature: v=1; a=ed25519-sha256; s=s1; d=customer.test; c=relaxed/relaxed;\r\n\
    \th=Message-ID:Subject:To:From:from:to:cc:reply-to:subject:date; bh=yZQq1c8wj\r\n\
    \tBl0fZ4Wc/oraMCAG1mZJv5v/hlvyFy+t6A=; b=lfexa4W3CIqOpCZIg7kGazCXZTstJTyH2uSt\r\n\
    \twLWwiV6vta+m/M8yJUU4ahltJORHPbqdUoUgBmK67vrFHk6eBA==;\r\n";
const ZONE: [(&str, &str); 3] = [
    (
        "s1._domainkey.customer.test",
        "v=DKIM1; k=ed25519; p=V7kju+creVmK0XZIStLdHZfCNc29NyfYqGGJMSZOxqo=",
    ),
    ("_dmarc.customer.test", "v=DMARC1; p=reject"),
    ("customer.test", "v=spf1 ip4:192.0.2.1 -all"),
];

/// What is surely from whom it says waits for support, the rest apart.
const APPLICATION: &str = "start = \"arrival\"\n\
    [action.arrival]\ndo = \"wait for e-mail\"\nexit.mail = \"known\"\n\
    [action.known]\ndo = \"check e-mail\"\ndmarc = [\"pass\"]\nexit.match = \"support\"\n\
    exit.otherwise = \"doubtful\"\nexit.error = \"doubtful\"\n\
    [action.support]\ndo = \"queue\"\nqueue = \"support\"\nexit.queued = \"finish\"\n\
    [action.doubtful]\ndo = \"queue\"\nqueue = \"doubtful\"\nexit.queued = \"finish\"\n\
    [action.finish]\ndo = \"end\"\n";

/// A contact centre on Maildirs; `trusted` is what the mailbox believes, and `verification` who is
/// asked, as TOML.
fn open(stage: &Stage, trusted: &str, verification: &str) -> Result<Program> {
    let mut program = stage.program(&format!(
        "data = \"data\"\n\
         [verification]\n{verification}\n\
         [internal]\nname = \"internal\"\naddress = \"internal@support.test\"\n\
         maildir = {{ path = \"mail/internal\", poll_seconds = 1 }}\n\
         [outgoing]\nsender = \"bounces@support.test\"\nmaildirs = \"mail\"\n\
         [[mailbox]]\nname = \"support\"\naddresses = [\"support@support.test\"]\n\
         application = \"support\"\nmaildir = {{ path = \"mail/support\", poll_seconds = 1 }}\n\
         {trusted}\n\
         [[application]]\nname = \"support\"\nfile = \"support.toml\"\n\
         [[queue]]\nname = \"support\"\n[[queue]]\nname = \"doubtful\"\n"
    ))?;
    fs::write(program.folder().join("support.toml"), APPLICATION)?;
    for mailbox in ["internal", "support"] {
        for part in ["new", "cur", "tmp"] {
            fs::create_dir_all(program.folder().join("mail").join(mailbox).join(part))?;
        }
    }
    program.start(&["status"])?;
    Ok(program)
}

/// Puts a mail with these fields on top into the mailbox, and gives what becomes of it.
fn arrive(program: &Program, subject: &str, fields: &str) -> Result<Value> {
    let mail = format!(
        "{fields}From: Ann <ann@customer.test>\r\nTo: support@support.test\r\n\
         Subject: {subject}\r\nMessage-ID: <{subject}@customer.test>\r\n\r\nHello.\r\n"
    );
    fs::write(program.folder().join("mail/support/new").join(subject), mail)?;
    let contact = until("the contact has arrived", || {
        let contacts = program.json(&["journal", "list"])?;
        let contacts = contacts.as_array().context("contacts are listed")?;
        Ok(contacts.iter().find(|contact| text(contact, "subject") == subject).cloned())
    })?;
    program.json(&["journal", "show", &text(&contact, "contact")])
}

fn result(word: &str, domain: Option<&str>) -> Value {
    json!({ "result": word, "domain": domain })
}

#[test]
fn what_the_mail_server_found_out_is_shown_and_survives_a_restart() -> Result<()> {
    journey(Needs::Nothing, |stage| {
        let trusted = "trusted_authserv_ids = [\"mx.support.test\"]";
        let mut program = open(stage, trusted, "check = \"header\"")?;
        let shown = arrive(
            &program,
            "good",
            "Authentication-Results: mx.support.test;\r\n\tdkim=pass header.d=customer.test;\r\n\
             \tspf=softfail smtp.mailfrom=bounce.customer.test;\r\n\
             \tdmarc=pass (p=reject) header.from=customer.test\r\n\
             Received: from mail.customer.test by mx.support.test; Mon, 2 Mar 2026 09:00:00 +0000\r\n",
        )?;
        let expected = json!({
            "by": "server",
            "dmarc": result("pass", Some("customer.test")),
            "dkim": result("pass", Some("customer.test")),
            "spf": result("softfail", Some("bounce.customer.test")),
        });
        assert_eq!(shown["sender"], expected);
        let contact = text(&shown["contact"], "contact");
        program.kill()?;
        program.start(&["status"])?;
        assert_eq!(program.json(&["journal", "show", &contact])?["sender"], expected);
        let printed = program.text(&["journal", "show", &contact])?;
        let line = "Sender checked by the mail server: DMARC pass (customer.test), \
                    DKIM pass (customer.test), SPF softfail (bounce.customer.test)";
        assert!(printed.contains(line), "{printed}");
        Ok(())
    })
}

#[test]
fn what_a_stranger_writes_about_themselves_is_not_believed() -> Result<()> {
    journey(Needs::Nothing, |stage| {
        let trusted = "trusted_authserv_ids = [\"mx.support.test\"]";
        let program = open(stage, trusted, "check = \"header\"")?;
        for (subject, fields) in [
            ("no-field", ""),
            ("other-id", "Authentication-Results: mx.evil.test; dmarc=pass\r\n"),
            (
                "other-from",
                "Authentication-Results: mx.support.test; dmarc=pass header.from=evil.test\r\n",
            ),
            (
                "below",
                "Authentication-Results: mx.support.test; none\r\nReceived: by mx.support.test; x\r\n\
                 Authentication-Results: mx.support.test; dmarc=pass header.from=customer.test\r\n",
            ),
        ] {
            let shown = arrive(&program, subject, fields)?;
            let nothing = result("not checked", None);
            let expected = json!({
                "by": "nobody", "dmarc": nothing, "dkim": nothing, "spf": nothing,
            });
            assert_eq!(shown["sender"], expected, "{subject}");
            let printed =
                program.text(&["journal", "show", &text(&shown["contact"], "contact")])?;
            assert!(printed.contains("Nobody checked who sent it"), "{printed}");
        }
        Ok(())
    })
}

#[test]
fn what_no_server_tells_is_asked_of_the_dns() -> Result<()> {
    let server = match NameServer::start(&ZONE)? {
        Ok(server) => server,
        Err(reason) => return skip(&reason),
    };
    journey(Needs::Nothing, |stage| {
        let trusted = "trusted_authserv_ids = [\"mx.support.test\"]\n\
                       trusted_received_by = \"mx.support.test\"";
        let asked = format!("dns_server = \"{}\"", server.address());
        let mut program = open(stage, trusted, &asked)?;
        let shown = arrive(&program, "signed", SIGNED)?;
        let (pass, unknown) = (result("pass", Some("customer.test")), result("not checked", None));
        let expected = json!({ "by": "postbook", "dmarc": pass, "dkim": pass, "spf": unknown });
        assert_eq!(shown["sender"], expected);
        assert_eq!(shown["contact"]["state"], "waiting in support");
        let printed = program.text(&["journal", "show", &text(&shown["contact"], "contact")])?;
        assert!(
            printed.contains("Sender checked by Postbook: DMARC pass (customer.test)"),
            "{printed}"
        );
        let received = |client: &str| {
            format!(
                "Return-Path: <ann@customer.test>\r\nReceived: from mail.customer.test (unknown \
                 [{client}]) by mx.support.test (Postfix) with ESMTPS id 1; Mon, 2 Mar 2026 \
                 09:00:00 +0000\r\n"
            )
        };
        let nothing = result("none", None);
        for (subject, client, word, queue) in [
            ("allowed", "192.0.2.1", "pass", "support"),
            ("forged", "198.51.100.1", "fail", "doubtful"),
        ] {
            let shown = arrive(&program, subject, &received(client))?;
            let found = result(word, Some("customer.test"));
            let expected =
                json!({ "by": "postbook", "dmarc": found, "dkim": nothing, "spf": found });
            assert_eq!(shown["sender"], expected, "{subject}");
            assert_eq!(text(&shown["contact"], "state"), format!("waiting in {queue}"));
        }
        // The server knows better, and is believed.
        let told =
            "Authentication-Results: mx.support.test; dmarc=fail header.from=customer.test\r\n";
        let shown = arrive(&program, "signed-again", &format!("{told}{SIGNED}"))?;
        assert_eq!(shown["sender"]["by"], "server");
        assert_eq!(shown["sender"]["dmarc"], result("fail", Some("customer.test")));
        program.stop()
    })
}

#[test]
fn where_the_dns_is_away_mail_goes_on_and_the_status_says_so() -> Result<()> {
    journey(Needs::Nothing, |stage| {
        // Nobody listens there.
        let program = open(stage, "", "dns_server = \"127.0.0.1:1\"")?;
        let shown = arrive(&program, "signed", SIGNED)?;
        assert_eq!(shown["sender"]["by"], "nobody");
        until("the status names the DNS", || {
            let status = program.text(&["status"])?;
            let line = status.lines().find(|line| line.trim_start().starts_with("DNS"));
            Ok(line.filter(|line| line.contains("failing")).map(str::to_owned))
        })?;
        Ok(())
    })
}
