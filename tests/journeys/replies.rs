//! What comes back to the internal address: late replies, and mail that is never relayed.

use anyhow::{Context, Result};
use harness::{Agent, Customer, Mail, MailClient, Needs, Outgoing, journey, until};

use super::office::{INTERNAL, Office, Plan, SALES, SUPPORT, agnes, ann, bruno};

/// A mail of a customer, delivered to Agnès.
fn delivered(office: &Office<'_>) -> Result<(String, Mail)> {
    office.ready(&agnes())?;
    office.servers.submit(&ann().write(SUPPORT, &[], "parcel", "Where is it?"))?;
    let contact = office.arrival(1)?;
    let copy = office.newest_mail(&agnes().address, 1)?;
    office.wait_for_state(&contact, "with agent 1001")?;
    Ok((contact, copy))
}

fn replaced(mut mail: Outgoing, from: &str, to: &str) -> Outgoing {
    mail.raw = String::from_utf8_lossy(&mail.raw).replace(from, to).into_bytes();
    mail
}

#[test]
fn case_092_and_093_what_is_no_reply_of_a_handler_is_never_relayed() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let agnes = agnes();
        let office = Office::open(stage, &Plan::default())?;
        let (contact, copy) = delivered(&office)?;
        let token = copy.answer_to();
        let reply = || agnes.reply(&copy, "This must not reach the customer.");

        let stranger = Customer::new("Mallory", "mallory@customer.test");
        let stranger = stranger.write(&token, &[], "parcel", "Your parcel is lost, pay here.");
        let colleague = bruno().reply(&copy, "I never got this contact.");
        let unsigned = Customer::new(&agnes.name, &agnes.address);
        let unsigned = unsigned.write(INTERNAL, &[], "Re: parcel", "No token at all.");
        // The last character of the signature, wherever it stands.
        let signed = token.split(['+', '@']).nth(1).context("the token")?.to_owned();
        let end = if signed.ends_with('0') { "1" } else { "0" };
        let forged = format!("{}{end}", signed.get(..signed.len() - 1).context("a token")?);
        let mut forged = replaced(reply(), &signed, &forged);
        forged.recipients = vec![INTERNAL.to_owned()];
        let away =
            replaced(reply(), "MIME-Version", "Auto-Submitted: auto-replied\r\nMIME-Version");

        let cases = [
            (stranger, "WrongSender", Some(&contact)),
            (colleague, "WrongSender", Some(&contact)),
            (unsigned, "NoToken", None),
            (forged, "ForgedToken", None),
            (away, "Automatic", Some(&contact)),
        ];
        for (number, (mail, reason, named)) in (1..).zip(cases) {
            office.servers.submit(&mail)?;
            let refused = office.wait_for("ReplyRefused", number)?;
            let last = refused.last().context("it was refused")?;
            assert_eq!(last.text("reason"), reason);
            assert_eq!(last.text("contact"), named.cloned().unwrap_or_default(), "{reason}");
        }

        // What comes afterwards is relayed, so what came before never will be.
        office.servers.submit(&agnes.reply(&copy, "Here it is."))?;
        let relayed = office.newest_mail(&ann().address, 1)?;
        assert!(relayed.text().starts_with("Here it is."), "{}", relayed.text());
        assert_eq!(office.all("ReplyReceived")?.len(), 1);
        assert_eq!(office.settled()?.len(), 0);
        assert_eq!(office.servers.mailbox(&ann().address)?.len(), 1);
        Ok(())
    })
}

#[test]
fn case_090_the_quote_of_a_reply_does_not_show_the_agent() -> Result<()> {
    journey(Needs::Mail, |stage| {
        const MARK: &str = "[address removed]";
        let agnes = agnes();
        let office = Office::open(stage, &Plan::default())?;
        let (_, copy) = delivered(&office)?;
        let (mine, token) = (&agnes.address, copy.answer_to());
        let colleague = bruno().address;
        let text = format!(
            "Write to {mine}.\n\n> On Tue, 14 Nov 2023 at 22:13, Agent <{mine}> wrote:\n\
             >> Am 13.11.2023 um 08:00 schrieb Agent <{colleague}>:\n>> old\n\n\
             -----Original Message-----\nFrom: Agent <{mine}>\nSent: today\nTo: {token}\n"
        );
        office.servers.submit(&agnes.reply(&copy, &text))?;
        let relayed = office.newest_mail(&ann().address, 1)?.text();
        let own = format!("Write to {mine}.");
        assert!(relayed.starts_with(&own), "{relayed}");
        let expected = text.replace(mine, MARK).replace(&colleague, MARK).replace(&token, MARK);
        let expected = expected.replace(&format!("Write to {MARK}."), &own);
        assert!(relayed.starts_with(expected.trim_end()), "{relayed}");
        for private in [mine, &colleague, &token] {
            assert!(!relayed.replace(&own, "").contains(private.as_str()), "{relayed}");
        }
        let found = office.wait_for("ReplyScreened", 1)?;
        assert_eq!(
            (found[0].number("quoted"), found[0].number("elsewhere")),
            (10, 2),
            "both alternatives"
        );
        // A certificate would show the address, too.
        office.servers.submit(&signed(&agnes, &copy, "Signed."))?;
        let refused = office.wait_for("ReplyRefused", 1)?;
        assert_eq!(refused[0].text("reason"), "Signed");
        assert_eq!(office.all("ReplyReceived")?.len(), 1);
        Ok(())
    })
}

/// A reply as a mail client signs it by S/MIME.
fn signed(agent: &Agent, copy: &Mail, text: &str) -> Outgoing {
    let plain = agent.reply(copy, text);
    let source = String::from_utf8_lossy(&plain.raw).into_owned();
    let (head, body) = source.split_once("\r\n\r\n").unwrap_or_default();
    let (rest, kind) = head.split_once("Content-Type:").unwrap_or_default();
    let raw = format!(
        "{rest}Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\";\r\n \
         micalg=sha-256; boundary=\"signed\"\r\n\r\n--signed\r\nContent-Type:{kind}\r\n\r\n{body}\r\n\
         --signed\r\nContent-Type: application/pkcs7-signature; name=\"smime.p7s\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\nMIIBHgYJKoZIhvcNAQcC\r\n--signed--\r\n"
    );
    Outgoing { raw: raw.into_bytes(), ..plain }
}

#[test]
fn case_090_and_105_quotes_are_kept_and_signatures_taken_off_where_the_settings_say_so()
-> Result<()> {
    journey(Needs::Mail, |stage| {
        let agnes = agnes();
        let settings = "quotes = \"warn\"\nsigned_replies = \"strip\"";
        let office = Office::open(stage, &Plan { settings, ..Plan::default() })?;
        let (contact, copy) = delivered(&office)?;
        let text =
            format!("Yes.\n\n> On Tue, 14 Nov 2023 at 22:13, {} wrote:\n> x\n", agnes.address);
        office.servers.submit(&signed(&agnes, &copy, &text))?;
        let relayed = office.newest_mail(&ann().address, 1)?;
        assert!(relayed.text().starts_with(&text), "{}", relayed.text());
        assert!(
            relayed.field("Content-Type").starts_with("multipart/mixed;"),
            "{}",
            relayed.head()
        );
        assert!(!relayed.source().contains("pkcs7-signature\r\n"), "{}", relayed.source());
        assert!(!relayed.source().contains("MIIBHgYJKoZI"), "{}", relayed.source());
        let found = office.wait_for("ReplyScreened", 1)?;
        assert_eq!(
            (found[0].text("quotes"), found[0].text("signed")),
            ("Warn".into(), "Strip".into())
        );
        assert!(found[0].number("quoted") > 0);
        let shown = office.program.text(&["journal", "show", &contact])?;
        assert!(shown.contains("(kept), a signature (taken off)"), "{shown}");
        Ok(())
    })
}

#[test]
fn a_reply_is_relayed_once_however_often_it_comes() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let office = Office::open(stage, &Plan::default())?;
        let (contact, copy) = delivered(&office)?;
        let reply = agnes().reply(&copy, "Only once.");
        office.servers.submit(&reply)?;
        office.newest_mail(&ann().address, 1)?;
        office.servers.submit(&reply)?;
        let repeated = office.wait_for("MailDuplicated", 1)?;
        assert_eq!(repeated[0].text("contact"), contact);
        // Another reply to the same copy is another mail.
        office.servers.submit(&agnes().reply(&copy, "And this."))?;
        let second = office.newest_mail(&ann().address, 2)?;
        assert!(second.text().starts_with("And this."));
        assert_eq!(office.all("ReplyReceived")?.len(), 2);
        Ok(())
    })
}

/// The signature itself is checked beside the signer.
#[test]
fn an_answer_is_signed_for_its_mailbox_where_a_key_is_configured() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../src/gateway/fixtures");
        let extra = format!(
            "[[outgoing.dkim]]\ndomain = \"support.test\"\nselector = \"desk\"\n\
             key_file = \"{folder}/dkim-rsa.pem\"\n"
        );
        let office = Office::open(stage, &Plan { extra, ..Plan::default() })?;
        let (_, copy) = delivered(&office)?;
        assert!(copy.fields("DKIM-Signature").is_empty(), "{}", copy.head());
        office.servers.submit(&agnes().reply(&copy, "Signed."))?;
        let relayed = office.newest_mail(&ann().address, 1)?;
        let signature = relayed.field("DKIM-Signature");
        assert!(signature.contains("s=desk; d=support.test;"), "{}", relayed.head());
        Ok(())
    })
}

#[test]
fn case_103_and_104_a_late_reply_is_relayed_and_marked() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let (agnes, bruno) = (agnes(), bruno());
        let office = Office::open(stage, &Plan::default())?;
        let (contact, copy) = delivered(&office)?;
        office.servers.submit(&agnes.reply(&copy, "In time."))?;
        office.newest_mail(&ann().address, 1)?;
        office.program.text(&["agent", "transfer", "1001", "--to-agent", "1002"])?;
        office.ready(&bruno)?;
        office.newest_mail(&bruno.address, 1)?;
        office.servers.submit(&agnes.reply(&copy, "After the transfer."))?;
        office.newest_mail(&ann().address, 2)?;
        office.release(&bruno)?;
        office.wait_for_state(&contact, "released")?;
        office.servers.submit(&agnes.reply(&copy, "After the release."))?;
        let last = office.newest_mail(&ann().address, 3)?;
        assert!(last.text().starts_with("After the release."));
        let late: Vec<String> =
            office.all("ReplyReceived")?.iter().map(|reply| reply.text("late")).collect();
        assert_eq!(late, ["", "Transferred", "Released"]);
        Ok(())
    })
}

#[test]
fn a_reply_without_the_address_is_known_by_its_references() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let office = Office::open(stage, &Plan::default())?;
        let (_, copy) = delivered(&office)?;
        // A mail client that drops what follows the plus sign.
        let token = copy.answer_to();
        let mut reply = replaced(agnes().reply(&copy, "Still for you."), &token, INTERNAL);
        reply.recipients = vec![INTERNAL.to_owned()];
        office.servers.submit(&reply)?;
        let relayed = office.newest_mail(&ann().address, 1)?;
        assert!(relayed.text().starts_with("Still for you."));
        Ok(())
    })
}

#[test]
fn a_reply_that_asks_for_no_automatic_answers_is_a_reply() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let office = Office::open(stage, &Plan::default())?;
        let (_, copy) = delivered(&office)?;
        // As some companies' servers write on everything that leaves them.
        let asks = "Precedence: bulk\r\nX-Auto-Response-Suppress: DR, OOF\r\nMIME-Version";
        office.servers.submit(&replaced(agnes().reply(&copy, "Yes."), "MIME-Version", asks))?;
        let relayed = office.newest_mail(&ann().address, 1)?;
        assert!(relayed.text().starts_with("Yes."));
        Ok(())
    })
}

#[test]
fn an_agent_may_write_from_the_address_of_today() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let plan = Plan { held_contacts: "keep", ..Plan::default() };
        let mut office = Office::open(stage, &plan)?;
        let (_, copy) = delivered(&office)?;
        office.program.stop()?;
        let moved = Agent::new(1001, "Agnès Martin", "a.martin@agents.test", MailClient::Outlook);
        let plan = Plan { agents: vec![(moved.clone(), 1), (bruno(), 1)], ..plan };
        std::fs::write(office.program.configuration(), plan.configuration(office.servers)?)?;
        office.start()?;
        for (number, agent) in (1..).zip([&moved, &agnes()]) {
            office.servers.submit(&agent.reply(&copy, "From either address."))?;
            office.newest_mail(&ann().address, number)?;
        }
        until("both replies are relayed", || {
            Ok((office.all("ReplyRelayed")?.len() == 2).then_some(()))
        })
    })
}

#[test]
fn case_060_nothing_is_sent_to_our_own_mailboxes() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let office = Office::open(stage, &Plan::default())?;
        office.ready(&agnes())?;
        office.ready(&bruno())?;
        office.servers.submit(&Customer::new("Sales", SALES).write(SUPPORT, &[], "x", "Loop?"))?;
        let own = office.newest_mail(&agnes().address, 1)?;
        let asks = "Reply-To: support@support.test\r\nMIME-Version";
        let mail = ann().write(SUPPORT, &[], "parcel", "Where is it?");
        office.servers.submit(&replaced(mail, "MIME-Version", asks))?;
        let copy = office.newest_mail(&bruno().address, 1)?;
        office.servers.submit(&agnes().reply(&own, "Never again."))?;
        office.servers.submit(&bruno().reply(&copy, "Here."))?;
        let relayed = office.newest_mail(&ann().address, 1)?;
        assert!(relayed.text().starts_with("Here."), "{}", relayed.text());
        let refused = office.wait_for("SendRefused", 1)?;
        assert_eq!(refused[0].text("contact"), own.field("X-Postbook-Contact"));
        assert_eq!(office.settled()?.len(), 0);
        assert_eq!(office.servers.mailbox(SALES)?.len(), 0);

        let mut plan = Plan::default();
        plan.agents[0].0.address = "support+agnes@support.test".to_owned();
        let path = office.program.configuration();
        std::fs::write(path, plan.configuration(office.servers)?)?;
        let complaint = office.program.run(&["check"])?;
        let complaint = String::from_utf8_lossy(&complaint.stderr).into_owned();
        assert!(complaint.contains("is one of our own mailboxes"), "{complaint}");
        Ok(())
    })
}
