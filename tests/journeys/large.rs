//! Mail that is too large: for the agents' mail server, or for Postbook.

use std::fs;

use anyhow::{Result, bail};
use harness::{Needs, Stage, journey};

use super::office::{Office, Plan, SUPPORT, agnes, ann, bruno};

/// A mail with a text and an attachment of this many bytes.
fn with_attachment(text: &str, bytes: usize) -> Vec<u8> {
    let line = format!("{}\r\n", "QUJD".repeat(19));
    format!(
        "From: Ann Oyelaran <ann@customer.test>\r\nTo: {SUPPORT}\r\nSubject: my scan\r\n\
         Message-ID: <large@customer.test>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n--b\r\n\
         Content-Type: application/pdf; name=scan.pdf\r\n\
         Content-Disposition: attachment; filename=scan.pdf\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{}--b--\r\n",
        line.repeat(bytes / line.len())
    )
    .into_bytes()
}

/// An office whose mailboxes take mails of 100,000 bytes at most.
fn limited(stage: &Stage) -> Result<Office<'_>> {
    let mut office = Office::install(stage, &Plan::default())?;
    let path = office.program.configuration();
    let limited = "poll_seconds = 3600, message_bytes_max = 100000";
    let configuration = fs::read_to_string(&path)?.replace("poll_seconds = 3600", limited);
    fs::write(&path, configuration)?;
    office.start()?;
    Ok(office)
}

#[test]
fn case_081_what_the_agents_server_does_not_take_comes_without_attachments() -> Result<()> {
    journey(Needs::Mail, |stage| {
        stage.servers()?.limit(100_000)?;
        let office = Office::open(stage, &Plan::default())?;
        let servers = office.servers;
        office.ready(&agnes())?;
        office.ready(&bruno())?;
        let mail = with_attachment("Is this the right form?", 300_000);
        servers.deliver(SUPPORT, &mail)?;
        let contact = office.arrival(1)?;
        let copy = office.newest_mail(&agnes().address, 1)?;
        assert!(copy.raw().len() < 10_000, "{}", copy.source());
        assert_eq!(copy.subject(), "my scan");
        let text = copy.text();
        for expected in ["Is this the right form?", "scan.pdf", &contact] {
            assert!(text.contains(expected), "{expected}: {text}");
        }
        office.wait_for_state(&contact, "with agent 1001")?;
        assert!(office.all("ContactRequeued")?.is_empty());
        assert_eq!(office.all("AgentStateChanged")?.len(), 2, "both are still ready");

        servers.submit(&agnes().reply(&copy, "It is."))?;
        let reply = office.newest_mail(&ann().address, 1)?;
        assert!(reply.text().contains("It is."));
        assert!(office.all("ReplyReceived")?[0].text("late").is_empty());
        let whole = office.program.text(&["journal", "mail", &contact])?;
        assert!(whole.contains(&String::from_utf8_lossy(&mail).into_owned()));
        assert_eq!(servers.mailbox(&bruno().address)?.len(), 0);
        office.verify()
    })
}

#[test]
fn case_081_a_mail_above_the_limit_is_recorded_once_and_holds_up_no_other() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let mut office = limited(stage)?;
        office.servers.deliver(SUPPORT, &with_attachment("Is this it?", 300_000))?;
        office.servers.submit(&ann().write(SUPPORT, &[], "parcel", "Where is it?"))?;
        office.arrival(1)?;
        office.wait_for("NoticeSent", 1)?;
        office.restart()?;
        office.servers.submit(&ann().write(SUPPORT, &[], "parcel", "And now?"))?;
        office.arrival(2)?;
        let [refused] = &office.all("MailRefused")?[..] else { bail!("one mail is refused") };
        assert_eq!(refused.text("reason"), "Oversize");
        assert!(refused.fact["size"].as_u64() > Some(290_000), "{refused:?}");
        let told = office.newest_mail(&ann().address, 1)?;
        assert_eq!(told.subject(), "Too large: my scan");
        assert!(told.text().contains("takes no more than 0.1 MB"), "{}", told.text());
        assert_eq!(told.field("Auto-Submitted"), "auto-replied");
        assert_eq!(told.field("In-Reply-To"), "<large@customer.test>");
        assert_eq!(told.addresses("From"), [SUPPORT]);
        office.program.text(&["mail", "reconcile"])?;
        office.verify()
    })
}

#[test]
fn case_081_an_agent_is_told_that_an_answer_above_the_limit_was_not_passed_on() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let office = limited(stage)?;
        office.ready(&agnes())?;
        office.servers.submit(&ann().write(SUPPORT, &[], "parcel", "Where is it?"))?;
        let copy = office.newest_mail(&agnes().address, 1)?;
        let long = "It is on its way, and this is all we know of it.\n".repeat(4_000);
        office.servers.submit(&agnes().reply(&copy, &long))?;
        let told = office.newest_mail(&agnes().address, 2)?;
        let subject = told.subject();
        assert!(subject.starts_with("Too large: ") && subject.ends_with("parcel"), "{subject}");
        assert!(told.text().contains("takes no more than 0.1 MB"), "{}", told.text());
        office.servers.submit(&agnes().reply(&copy, "It is on its way."))?;
        let answer = office.newest_mail(&ann().address, 1)?;
        assert!(answer.text().contains("It is on its way."));
        office.verify()
    })
}
