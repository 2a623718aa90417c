//! Which mails belong together: participants, strangers, robots, and our own mail coming back.

use anyhow::{Context, Result};
use harness::{Customer, Mail, Needs, Outgoing, journey};

use super::office::{Office, Plan, SALES, SUPPORT, agnes, ann, bruno, text};

/// A mail of Ann's with a colleague in Cc, answered by Agnès: the sent mail and the relayed reply.
fn answered(office: &Office<'_>) -> Result<(Outgoing, Mail)> {
    office.ready(&agnes())?;
    let sent = ann().write(SUPPORT, &["carl@customer.test"], "contract", "Please read it.");
    office.servers.submit(&sent)?;
    let copy = office.newest_mail(&agnes().address, 1)?;
    office.servers.submit(&agnes().reply(&copy, "We have read it."))?;
    let relayed = office.newest_mail(&ann().address, 1)?;
    office.release(&agnes())?;
    Ok((sent, relayed))
}

/// The threads of all contacts, in the order of arrival.
fn threads(office: &Office<'_>) -> Result<Vec<String>> {
    Ok(office.all("ContactArrived")?.iter().map(|fact| fact.text("thread")).collect())
}

#[test]
fn who_takes_part_joins_the_thread_and_a_stranger_does_not() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let office = Office::open(stage, &Plan::default())?;
        let (sent, relayed) = answered(&office)?;
        let original = Mail::new(sent.raw);
        // The colleague answers the customer's own mail, and tells us.
        let carl = Customer::new("Carl", "carl@customer.test");
        let mut colleague = carl.reply(&original, "I have read it, too.");
        colleague.recipients = vec![SUPPORT.to_owned()];
        office.servers.submit(&colleague)?;
        office.arrival(2)?;
        // The customer answers from another address, with our token.
        let private = Customer::new("Ann", "ann@private.customer.test");
        office.servers.submit(&private.reply(&relayed, "From my own computer."))?;
        office.arrival(3)?;
        // A stranger quotes the customer's Message-ID and subject.
        let mallory = Customer::new("Mallory", "mallory@customer.test");
        let mut stranger = mallory.reply(&original, "I am Ann, really.");
        stranger.recipients = vec![SUPPORT.to_owned()];
        office.servers.submit(&stranger)?;
        let foreign = office.arrival(4)?;
        let threads = threads(&office)?;
        assert_eq!(threads[1], threads[0]);
        assert_eq!(threads[2], threads[0]);
        assert_ne!(threads[3], threads[0]);
        // Nothing of the thread shows; Ann is somebody else on that mail.
        assert_eq!(office.variables(&foreign)?, ["", "", "", "ann@customer.test"]);
        Ok(())
    })
}

#[test]
fn case_101_an_answer_goes_to_the_writer_and_to_the_customer_where_they_are_on_the_mail()
-> Result<()> {
    journey(Needs::Mail, |stage| {
        let office = Office::open(stage, &Plan::default())?;
        let (sent, _) = answered(&office)?;
        let carl = Customer::new("Carl", "carl@customer.test");
        let mut colleague = carl.reply(&Mail::new(sent.raw), "One question.");
        colleague.recipients = vec![SUPPORT.to_owned()];
        office.servers.submit(&colleague)?;
        let copy = office.newest_mail(&agnes().address, 2)?;
        assert_eq!(copy.addresses("From"), [carl.address.as_str()]);
        let before = office.servers.mailbox(&carl.address)?.len();
        office.servers.submit(&agnes().reply(&copy, "Ask it."))?;
        let relayed = office.newest_mail(&carl.address, before + 1)?;
        assert_eq!(relayed.addresses("To"), [carl.address.as_str()]);
        assert_eq!(relayed.field("In-Reply-To"), colleague.message_id);
        // The colleague's mail names the customer, whose thread it stays.
        assert_eq!(relayed.addresses("Cc"), [ann().address]);
        assert!(office.settled()?.is_empty(), "everything is sent");
        office.servers.wait_until_delivered()?;
        assert_eq!(office.servers.mailbox(&ann().address)?.len(), 2);
        Ok(())
    })
}

#[test]
fn robots_and_our_own_mail_make_no_contact() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let office = Office::open(stage, &Plan::default())?;
        let (_, relayed) = answered(&office)?;
        // The customer is away; the notice belongs to the thread.
        let mut away = ann().reply(&relayed, "I am on holiday.");
        let notice = String::from_utf8_lossy(&away.raw)
            .replace("MIME-Version", "Auto-Submitted: auto-replied\r\nMIME-Version");
        away.raw = notice.into_bytes();
        office.servers.submit(&away)?;
        let filed = office.wait_for("MailFiled", 1)?;
        assert_eq!(filed[0].text("thread"), threads(&office)?[0]);
        assert_eq!(filed[0].text("kind"), "Answer");
        // The customer's forwarding sends our reply back to us.
        office.servers.deliver(SUPPORT, relayed.raw())?;
        let refused = office.wait_for("MailRefused", 1)?;
        assert_eq!(refused[0].text("reason"), "OwnMail");
        // So does the agent's, into another mailbox.
        let copy = office.servers.mailbox(&agnes().address)?.pop().context("a copy")?;
        office.servers.deliver(SALES, copy.raw())?;
        office.wait_for("MailRefused", 2)?;
        assert_eq!(office.all("ContactArrived")?.len(), 1);
        Ok(())
    })
}

#[test]
fn case_027_one_mail_to_two_mailboxes_is_a_contact_in_each() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let office = Office::open(stage, &Plan::default())?;
        office.servers.submit(&ann().write(SUPPORT, &[SALES], "both", "To both of you."))?;
        office.arrival(2)?;
        let contacts = office.contacts()?;
        let mut mailboxes: Vec<String> = contacts.iter().map(|row| text(row, "mailbox")).collect();
        mailboxes.sort();
        assert_eq!(mailboxes, ["sales", "support"]);
        assert_ne!(contacts[0]["contact"], contacts[1]["contact"]);
        Ok(())
    })
}

#[test]
fn a_mail_that_is_there_again_is_no_contact_and_one_sent_again_is_marked() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let office = Office::open(stage, &Plan::default())?;
        let mail = ann().write(SUPPORT, &[], "parcel", "Where is it?");
        office.servers.submit(&mail)?;
        let contact = office.arrival(1)?;
        // Somebody copies it within the mailbox.
        let stored = office.servers.mailbox(SUPPORT)?.pop().context("the mail is there")?;
        office.servers.fill(SUPPORT, [stored.raw()])?;
        assert_eq!(office.wait_for("MailDuplicated", 1)?[0].text("contact"), contact);
        // What came another way is another mail; that it has the same Message-ID is noted.
        office.servers.submit(&mail)?;
        office.arrival(2)?;
        let arrived = office.all("ContactArrived")?;
        let marks: Vec<bool> =
            arrived.iter().map(|fact| fact.fact["repeated_message_id"] == true).collect();
        assert_eq!(marks, [false, true]);
        Ok(())
    })
}

#[test]
fn case_037_044_047_and_113_mails_of_one_thread_show_each_other() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let bruno = bruno();
        let office = Office::open(stage, &Plan::default())?;
        let also_open = |contact: &str| -> Result<Vec<[String; 2]>> {
            let shown = office.program.json(&["journal", "show", contact])?;
            Ok(serde_json::from_value(shown["also_open"].clone())?)
        };
        let sent = ann().write(SUPPORT, &[], "parcel", "Where is it?");
        office.servers.submit(&sent)?;
        let first = office.arrival(1)?;
        // She adds something while nobody has read the first; her program writes no References.
        let mut added = ann().reply(&Mail::new(sent.raw), "It is green.");
        added.recipients = vec![SUPPORT.to_owned()];
        let text = String::from_utf8_lossy(&added.raw).into_owned();
        let lines = text.split_inclusive("\r\n").filter(|line| !line.starts_with("References:"));
        added.raw = lines.collect::<String>().into_bytes();
        office.servers.submit(&added)?;
        let second = office.arrival(2)?;
        let waiting = "waiting in support".to_owned();
        assert_eq!(also_open(&first)?, [[second.clone(), waiting.clone()]]);
        assert_eq!(also_open(&second)?, [[first.clone(), waiting]]);
        office.ready(&bruno)?;
        office.wait_for_state(&first, "with agent 1002")?;
        assert_eq!(also_open(&second)?, [[first.clone(), "with agent 1002".to_owned()]]);
        office.release(&bruno)?;
        office.wait_for_state(&second, "with agent 1002")?;
        assert!(also_open(&second)?.is_empty());
        let copy = office.newest_mail(&bruno.address, 2)?;
        office.servers.submit(&bruno.reply(&copy, "It has come."))?;
        let relayed = office.newest_mail(&ann().address, 1)?;
        office.release(&bruno)?;
        // The thread is at its end; she uses the old mail for something new.
        let mut new = ann().reply(&relayed, "And the invoice?");
        let subject = format!("Subject: {}", relayed.subject());
        let text = String::from_utf8_lossy(&new.raw).replace(&subject, "Subject: invoice");
        new.raw = text.into_bytes();
        office.servers.submit(&new)?;
        let third = office.arrival(3)?;
        let thread = format!("T{first}");
        assert_eq!(threads(&office)?, [thread.as_str(); 3]);
        let shown = office.program.text(&["journal", "show", &third])?;
        assert!(shown.contains("Note: subject changed\n"), "{shown}");
        Ok(())
    })
}
