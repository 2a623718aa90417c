//! Whether a mail is from whom it says: what the mail server found out, shown with the contact.

use std::fs;

use anyhow::{Context, Result};
use harness::{Needs, Program, Stage, journey, until};
use serde_json::{Value, json};

use super::office::{queueing, text};

/// A contact centre on Maildirs; `trusted` is what the mailbox believes, as TOML.
fn open(stage: &Stage, trusted: &str) -> Result<Program> {
    let mut program = stage.program(&format!(
        "data = \"data\"\n\
         [internal]\nname = \"internal\"\naddress = \"internal@support.test\"\n\
         maildir = {{ path = \"mail/internal\", poll_seconds = 1 }}\n\
         [outgoing]\nsender = \"bounces@support.test\"\nmaildirs = \"mail\"\n\
         [[mailbox]]\nname = \"support\"\naddresses = [\"support@support.test\"]\n\
         application = \"support\"\nmaildir = {{ path = \"mail/support\", poll_seconds = 1 }}\n\
         {trusted}\n\
         [[application]]\nname = \"support\"\nfile = \"support.toml\"\n\
         [[queue]]\nname = \"support\"\n"
    ))?;
    fs::write(program.folder().join("support.toml"), queueing("support"))?;
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
        let mut program = open(stage, "trusted_authserv_ids = [\"mx.support.test\"]")?;
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
        let program = open(stage, "trusted_authserv_ids = [\"mx.support.test\"]")?;
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
