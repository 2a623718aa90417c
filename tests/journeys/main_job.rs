//! A customer's mail arrives, waits, goes to an agent, comes back and reaches the customer, who
//! answers in turn.

use anyhow::{Context, Result, ensure};
use harness::{Agent, Mail, Needs, Outgoing, journey};

use super::office::{BOUNCES, Office, Plan, SUPPORT, agnes, ann, bruno};

/// The only fields a relayed reply may have in the customer's mailbox: ours, and those of the
/// servers on its way.
const RELAYED_FIELDS: [&str; 16] = [
    "return-path",
    "delivered-to",
    "received",
    "date",
    "from",
    "to",
    "cc",
    "message-id",
    "in-reply-to",
    "references",
    "subject",
    "x-postbook-loop",
    "mime-version",
    "content-type",
    "content-language",
    "content-transfer-encoding",
];

/// A mail with an attachment of every byte there is, a copy to a colleague, and a footer that is
/// written in bare 8-bit text.
fn with_attachment(mut mail: Outgoing) -> Outgoing {
    let head = String::from_utf8_lossy(&mail.raw).into_owned();
    let head: String = head
        .lines()
        .take_while(|line| !line.is_empty())
        .filter(|line| !line.starts_with("Content-") && !line.starts_with("MIME-"))
        .map(|line| format!("{line}\r\n"))
        .collect();
    let bytes: Vec<u8> = (0..=255).cycle().take(4096).collect();
    let attachment: String = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, bytes)
        .as_bytes()
        .chunks(60) // Not the usual 76: nobody may wrap it anew.
        .map(|line| String::from_utf8_lossy(line).into_owned() + "\r\n")
        .collect();
    mail.raw = format!(
        "{head}X-Campaign: 4711\r\nList-Unsubscribe-Post: no\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=\"=_odd boundary_=\"\r\n\r\n\
         This is a preamble nobody sees.\r\n\
         --=_odd boundary_=\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: 8bit\r\n\r\nWo bleibt mein Päckchen?\r\n.\r\n. \r\n\
         --=_odd boundary_=\r\nContent-Type: application/octet-stream; name=\"bytes.bin\"\r\n\
         Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment;\r\n\
         \tfilename*=utf-8''alle%20Bytes%20%E2%82%AC.bin\r\n\r\n{attachment}\
         --=_odd boundary_=--\r\nAn epilogue.\r\n"
    )
    .into_bytes();
    mail
}

/// The copy an agent got says what `domain.md` promises, and carries the mail untouched.
fn check_copy(copy: &Mail, original: &Mail, contact: &str) {
    assert_eq!(copy.addresses("From"), ["ann@customer.test"]);
    assert!(copy.field("From").contains("Ann Oyelaran"), "{}", copy.field("From"));
    check_sender(copy);
    let reply_to = copy.answer_to();
    assert!(reply_to.starts_with("internal+c") && reply_to.ends_with("@support.test"));
    assert_eq!(copy.addresses("To"), ["agnes@agents.test"]);
    assert_eq!(copy.fields("Cc"), [""; 0]);
    assert_eq!(copy.field("X-Postbook-Contact"), contact);
    assert_eq!(copy.subject(), original.subject());
    assert_eq!(copy.field("Date"), original.field("Date"));
    assert_eq!(copy.field("Content-Type"), original.field("Content-Type"));
    assert_eq!(copy.fields("X-Campaign"), [""; 0]);
    assert!(copy.body() == original.body(), "the body was changed: {}", copy.source());
}

/// A bounce of the mail would name it by its token.
fn check_sender(mail: &Mail) {
    let sender = mail.field("Return-Path");
    let (local, domain) = BOUNCES.split_once('@').unwrap_or_default();
    assert!(sender.starts_with(&format!("<{local}+e")), "{sender}");
    assert!(sender.ends_with(&format!("@{domain}>")), "{sender}");
}

/// No field of a relayed reply tells who the agent is.
pub(crate) fn check_no_trace(relayed: &Mail, agent: &Agent) {
    let head = relayed.head().to_lowercase();
    for trace in agent.traces() {
        assert!(!head.contains(&trace.to_lowercase()), "`{trace}` is in {head}");
    }
    for field in head.lines().filter(|line| !line.starts_with([' ', '\t'])) {
        let name = field.split(':').next().unwrap_or_default();
        assert!(RELAYED_FIELDS.contains(&name), "`{field}` is too much");
    }
    let internal = "internal";
    assert!(!head.contains(internal), "`{internal}` is in {head}");
}

#[test]
fn case_091_a_mail_is_answered_and_answered_again() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let (agnes, ann) = (agnes(), ann());
        let office = Office::open(stage, &Plan::default())?;
        let servers = office.servers;

        // Arrival, by IDLE alone, and waiting.
        let colleague = "carl@customer.test";
        let written = ann.write(SUPPORT, &[colleague], "Where is my päckchen?", "unused");
        let written = with_attachment(written);
        servers.submit(&written)?;
        let contact = office.arrival(1)?;
        office.wait_for_state(&contact, "waiting in support")?;
        let waiting = office.queue("support")?;
        assert_eq!(waiting.len(), 1);
        assert_eq!(waiting[0]["contact"], contact.as_str());

        // Assignment and delivery.
        office.ready(&agnes)?;
        let copy = office.newest_mail(&agnes.address, 1)?;
        let original = servers.mailbox(SUPPORT)?.pop().context("the mail stays where it was")?;
        check_copy(&copy, &original, &contact);
        office.wait_for_state(&contact, "with agent 1001")?;
        assert_eq!(office.held_by(&agnes)?, [contact.as_str()]);

        // The reply, relayed.
        servers.submit(&agnes.reply(&copy, "It comes tomorrow — promised."))?;
        let relayed = office.newest_mail(&ann.address, 1)?;
        check_no_trace(&relayed, &agnes);
        assert_eq!(relayed.addresses("From"), [SUPPORT]);
        assert!(relayed.field("From").contains("Desk Support"));
        assert_eq!(relayed.addresses("To"), [ann.address.as_str()]);
        assert_eq!(relayed.addresses("Cc"), [colleague]);
        check_sender(&relayed);
        assert_eq!(relayed.field("In-Reply-To"), written.message_id);
        assert_eq!(relayed.field("References"), written.message_id);
        assert!(relayed.text().starts_with("It comes tomorrow — promised.\n"));
        assert_eq!(relayed.subject(), "RE: Where is my päckchen?");

        // Disposition and release.
        assert_eq!(office.wait_for("ReplyRelayed", 1)?[0].text("contact"), contact);
        office.program.text(&["agent", "disposition", "1001", "answered"])?;
        office.release(&agnes)?;
        office.wait_for_state(&contact, "released")?;
        assert_eq!(office.all("DispositionSet")?[0].text("code"), "answered");
        assert_eq!(office.all("ContactReleased")?[0].text("reason"), "Agent");
        office.program.text(&["agent", "disposition", "1001", "solved", &contact]).map(|_| ())?;

        the_customer_answers(&office, &relayed, &contact)?;
        let log = office.program.log().to_lowercase();
        for private in ["@customer.test", "@agents.test", "päckchen", "ann", "correct horse"] {
            assert!(!log.contains(private), "{private} is in the log lines: {log}");
        }
        office.verify()
    })
}

/// The customer's answer is a new contact of the same thread, and knows who handled it before.
fn the_customer_answers(office: &Office<'_>, relayed: &Mail, first: &str) -> Result<()> {
    let (bruno, ann) = (bruno(), ann());
    office.program.text(&["agent", "not-ready", "1001", "--reason", "lunch"])?;
    office.ready(&bruno)?;
    office.servers.submit(&ann.reply(relayed, "Thank you, but at what time?"))?;
    let second = office.arrival(2)?;
    ensure!(second != first, "every mail is a contact of its own");
    let copy = office.newest_mail(&bruno.address, 1)?;
    assert_eq!(copy.field("X-Postbook-Contact"), second);
    let arrived = office.all("ContactArrived")?;
    assert_eq!(arrived[0].text("thread"), arrived[1].text("thread"));
    let expected = ["1001:agnes@agents.test", "", "", ""];
    assert_eq!(office.variables(&second)?, expected);
    assert_eq!(office.variables(first)?[0], "", "nobody handled the thread before");

    // The second answer hangs below the customer's second mail.
    office.servers.submit(&bruno.reply(&copy, "At noon."))?;
    let answered = office.newest_mail(&ann.address, 2)?;
    check_no_trace(&answered, &bruno);
    let sent = office.servers.mailbox(SUPPORT)?.pop().context("there is the answer")?;
    assert_eq!(answered.field("In-Reply-To"), sent.field("Message-ID"));
    let references = answered.field("References");
    let chain: Vec<&str> = references.split_whitespace().collect();
    assert_eq!(chain.len(), 3, "{references}");
    assert_eq!(chain[1], relayed.field("Message-ID"));
    assert!(answered.text().starts_with("At noon.\n"));
    Ok(())
}

#[test]
fn a_contact_is_transferred_to_an_agent_a_queue_and_an_address() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let (agnes, bruno, ann) = (agnes(), bruno(), ann());
        let office = Office::open(stage, &Plan::default())?;
        let servers = office.servers;
        office.ready(&agnes)?;
        servers.submit(&ann.write(SUPPORT, &[], "tax", "Do I pay tax?"))?;
        let contact = office.arrival(1)?;
        let first = office.newest_mail(&agnes.address, 1)?;

        // To an agent, who is not there yet.
        office.program.text(&["agent", "transfer", "1001", "--to-agent", "1002"])?;
        office.wait_for_state(&contact, "waiting for agent 1002")?;
        assert_eq!(office.held_by(&agnes)?, [""; 0]);
        office.ready(&bruno)?;
        let second = office.newest_mail(&bruno.address, 1)?;
        assert_ne!(first.answer_to(), second.answer_to());
        assert!(first.body() == second.body());

        // To a queue, which only the same agent serves: not back to the first one.
        office.program.text(&["agent", "transfer", "1002", "--to-queue", "sales"])?;
        office.newest_mail(&bruno.address, 2)?;
        assert_eq!(office.wait_for("ContactDelivered", 3)?.len(), 3);

        // To a plain address: the contact ends with the delivery.
        let expert = "expert@customer.test";
        office.program.text(&["agent", "transfer", "1002", "--to-address", expert])?;
        let third = office.newest_mail(expert, 1)?;
        office.wait_for_state(&contact, "released")?;
        assert_eq!(office.wait_for("ContactReleased", 1)?[0].text("reason"), "TransferredOut");

        // Everybody who had it may still answer; the answers come late and are relayed.
        let expert = Agent { address: expert.to_owned(), ..agnes.clone() };
        let answers = [
            (&agnes, &first, "No tax, says the first."),
            (&expert, &third, "No tax, says the expert."),
        ];
        for (number, (agent, copy, answer)) in (1..).zip(answers) {
            servers.submit(&agent.reply(copy, answer))?;
            let relayed = office.newest_mail(&ann.address, number)?;
            assert!(relayed.text().starts_with(answer), "{}", relayed.text());
            check_no_trace(&relayed, &agnes);
        }
        let late: Vec<String> =
            office.all("ReplyReceived")?.iter().map(|reply| reply.text("late")).collect();
        assert_eq!(late, ["Released", "Released"]);

        // The next interaction of the thread sees the last handler only.
        let relayed = office.newest_mail(&ann.address, 2)?;
        servers.submit(&ann.reply(&relayed, "Good."))?;
        let next = office.arrival(2)?;
        assert_eq!(office.variables(&next)?[0], ":expert@customer.test");
        assert_eq!(office.variables(&next)?[1], "");
        Ok(())
    })
}

#[test]
fn a_copy_that_cannot_be_delivered_goes_back_to_the_head_of_its_queue() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let (agnes, bruno, ann) = (agnes(), bruno(), ann());
        let office = Office::open(stage, &Plan::default())?;
        let servers = office.servers;
        servers.answer(&agnes.address, "554 5.7.1 not wanted here")?;
        for subject in ["one", "two"] {
            servers.submit(&ann.write(SUPPORT, &[], subject, "?"))?;
        }
        office.arrival(2)?;
        let before = office.queue("support")?;
        office.ready(&agnes)?;
        office.wait_for("ContactRequeued", 1)?;
        assert_eq!(office.queue("support")?, before, "order and waiting times are kept");
        let agents = office.program.json(&["agent", "list"])?;
        assert_eq!(agents[0]["state"], "not ready");
        assert_eq!(agents[0]["reason"], "delivery failed");

        // A server that only wants to wait does not send the contact back.
        servers.answer(&bruno.address, "450 4.7.1 greylisted")?;
        office.ready(&bruno)?;
        office.wait_for("SendDeferred", 1)?;
        servers.answer(&bruno.address, "")?;
        let copy = office.newest_mail(&bruno.address, 1)?;
        assert_eq!(copy.field("X-Postbook-Contact"), before[0]["contact"].as_str().unwrap());
        assert_eq!(office.all("ContactRequeued")?.len(), 1);
        Ok(())
    })
}

#[test]
fn a_large_mail_and_a_large_reply_travel_unchanged() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let (agnes, ann) = (agnes(), ann());
        let office = Office::open(stage, &Plan::default())?;
        office.ready(&agnes)?;
        // Several times as much as is fetched at once, no two lines alike.
        let lines = |word: &str| -> String {
            (0..150_000).map(|line| format!("{word} {line:>50}\n")).collect()
        };
        office.servers.submit(&ann.write(SUPPORT, &[], "plans", &lines("plan")))?;
        let copy = office.newest_mail(&agnes.address, 1)?;
        let original = office.servers.mailbox(SUPPORT)?.pop().context("the mail")?;
        assert!(original.raw().len() > 8_000_000);
        assert!(copy.body() == original.body(), "the copy was changed");
        let reply = agnes.reply(&copy, &lines("answer"));
        office.servers.submit(&reply)?;
        let relayed = office.newest_mail(&ann.address, 1)?;
        let sent = Mail::new(reply.raw);
        assert_eq!(relayed.text(), sent.text());
        Ok(())
    })
}
