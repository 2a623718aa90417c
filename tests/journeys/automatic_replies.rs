//! Automatic answers, and everything that keeps them from going round in circles.

use anyhow::{Context, Result, ensure};
use harness::{Customer, Fault, Mail, Needs, Outgoing, Server, Wire, journey};
use serde_json::{Value, json};

use super::happenings::Happening;
use super::office::{Office, Plan, SUPPORT, ann, text};

/// The application that answers every mail by itself, and then waits for an hour.
fn answering() -> String {
    "start = \"arrival\"\n[action.arrival]\ndo = \"wait for e-mail\"\nexit.mail = \"receipt\"\n\
     [action.receipt]\ndo = \"compose reply\"\nexit.error = \"pause\"\n\
     text = \"\"\"\nMerci, nous avons reçu votre courriel.\nNumber {{ contact }}, {{ mailbox }}\n\"\"\"\n\
     exit.sent = \"pause\"\nexit.withheld = \"pause\"\n\
     [action.pause]\ndo = \"wait\"\nseconds = 3600\nexit.over = \"finish\"\n\
     [action.finish]\ndo = \"end\"\n"
        .to_owned()
}

fn plan() -> Plan {
    Plan { application: answering(), ..Plan::default() }
}

/// Waits until `count` contacts have arrived, and gives what was last decided for each: null where
/// the answer goes out, else the reason.
fn decisions(office: &Office<'_>, count: usize) -> Result<Vec<Value>> {
    office.arrival(count)?;
    let mut decided = office.all("AutomaticReplyRequested")?;
    decided.extend(office.all("AutomaticReplyWithheld")?);
    decided.sort_by_key(|fact| fact.position);
    let arrived = office.all("ContactArrived")?;
    ensure!(arrived.len() == count, "{} contacts, {count} are expected", arrived.len());
    let last = |arrived: &Happening| {
        let contact = arrived.text("contact");
        let fact = decided.iter().rev().find(|fact| fact.text("contact") == contact);
        fact.map(|fact| fact.fact["reason"].clone()).context("it was decided")
    };
    arrived.iter().map(last).collect()
}

/// Sends a mail with more fields in its header.
fn submit_with(office: &Office<'_>, mail: Outgoing, fields: &str) -> Result<()> {
    let raw =
        String::from_utf8(mail.raw)?.replace("MIME-Version", &format!("{fields}MIME-Version"));
    office.servers.submit(&Outgoing { raw: raw.into_bytes(), ..mail })
}

/// A program that answers a mail as a person would: a new mail, no thread, no mark.
fn robot(address: &str, to: &str) -> Outgoing {
    Customer::new("Robot", address).write(to, &[], "hello", "I got your mail.")
}

#[test]
fn a_customer_gets_an_answer_in_their_thread() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let office = Office::open(stage, &plan())?;
        let sent = ann().write(SUPPORT, &[], "Imprimante en feu", "Au secours.");
        office.servers.submit(&sent)?;
        let contact = office.arrival(1)?;
        let answer = office.newest_mail(&ann().address, 1)?;
        assert_eq!(answer.field("Return-Path"), "<>");
        assert_eq!(answer.addresses("From"), [SUPPORT]);
        assert_eq!(answer.subject(), "Auto: Imprimante en feu");
        let expected =
            format!("Merci, nous avons reçu votre courriel.\nNumber {contact}, Desk Support\n");
        assert_eq!(answer.text(), expected);
        assert_eq!(answer.field("Auto-Submitted"), "auto-replied");
        assert_eq!(answer.field("In-Reply-To"), sent.message_id);
        assert_eq!(answer.field("References"), sent.message_id);
        let recorded = office.wait_for("AutomaticReplySent", 1)?;
        assert_eq!(recorded[0].text("contact"), contact);
        let story = office.program.text(&["journal", "show", &contact])?;
        for words in [
            "goes to ann@customer.test: Auto: Imprimante en feu",
            &format!("the automatic answer to contact {contact} was sent"),
        ] {
            assert!(story.contains(words), "{story}");
        }

        // Ann answers it: the same thread, which gets no second one.
        office.servers.submit(&ann().reply(&answer, "Merci."))?;
        assert_eq!(decisions(&office, 2)?, [json!(null), json!("Thread")]);
        let arrived = office.all("ContactArrived")?;
        assert_eq!(arrived[1].text("thread"), arrived[0].text("thread"));
        let story = office.program.text(&["journal", "show", &arrived[1].text("contact")])?;
        assert!(story.contains("gets no automatic answer: its thread got one"), "{story}");
        // Ann's server sends the answer back to us, and to the other mailbox.
        office.servers.deliver(SUPPORT, answer.raw())?;
        assert_eq!(office.wait_for("MailRefused", 1)?[0].text("reason"), "OwnMail");
        assert_eq!(office.settled()?.len(), 0);
        assert_eq!(office.servers.mailbox(&ann().address)?.len(), 1);
        Ok(())
    })
}

#[test]
fn case_050_to_054_what_no_person_wrote_is_kept_and_not_answered() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let office = Office::open(stage, &plan())?;
        let automatic = |kind: &str| json!({ "Automatic": kind });
        let answer = "X-MS-Exchange-Inbox-Rules-Loop: ann@customer.test\r\n";
        let cases = [
            ("Auto-Submitted: auto-replied\r\n", automatic("Answer")),
            ("Auto-Submitted: no\r\n", json!(null)),
            ("Precedence: bulk\r\n", automatic("List")),
            ("Precedence: list\r\n", automatic("List")),
            ("Precedence: junk\r\n", automatic("List")),
            ("List-Id: <news.customer.test>\r\n", automatic("List")),
            (answer, automatic("Answer")),
            ("X-Auto-Response-Suppress: All\r\n", automatic("List")),
        ];
        let mail = |from: &str, subject: &str| {
            Customer::new("Ann", from).write(SUPPORT, &[], subject, "?")
        };
        let mut expected = Vec::new();
        for (fields, decision) in cases {
            submit_with(&office, mail(&ann().address, "automatic"), fields)?;
            expected.push(decision);
            assert_eq!(decisions(&office, expected.len())?, expected, "{fields}");
        }
        let senders = ["MAILER-DAEMON@customer.test", "postmaster@customer.test"];
        for sender in senders {
            office.servers.submit(&mail(sender, "undeliverable"))?;
            expected.push(automatic("Bounce"));
            assert_eq!(decisions(&office, expected.len())?, expected, "{sender}");
        }
        let null = Outgoing { sender: String::new(), ..mail(&ann().address, "null sender") };
        office.servers.submit(&null)?;
        expected.push(automatic("Bounce"));
        assert_eq!(decisions(&office, expected.len())?, expected);

        assert_eq!(office.all("AutomaticMailRecognised")?.len(), expected.len() - 1);
        assert_eq!(office.settled()?.len(), 0);
        assert_eq!(office.servers.mailbox(&ann().address)?.len(), 1, "the person's alone");
        for sender in senders {
            assert_eq!(office.servers.mailbox(sender)?.len(), 0);
        }
        let newest = office.arrival(expected.len())?;
        let story = office.program.text(&["journal", "show", &newest])?;
        assert!(story.contains("gets no automatic answer: no person wrote it"), "{story}");
        Ok(())
    })
}

#[test]
fn case_056_a_robot_that_passes_for_a_person_is_stopped() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let settings =
            "automatic_replies_per_address_day = 2\nautomatic_replies_per_domain_hour = 5\n";
        let mut office = Office::open(stage, &Plan { settings, ..plan() })?;
        // The same address every time.
        let mut expected = Vec::new();
        let mut answers = |office: &Office<'_>, address: &str, reason: Value| -> Result<bool> {
            office.servers.submit(&robot(address, SUPPORT))?;
            expected.push(reason);
            assert_eq!(decisions(office, expected.len())?, expected, "{address}");
            Ok(expected.last() == Some(&json!(null)))
        };
        for (number, reason) in [(1, json!(null)), (2, json!(null)), (2, json!("Address"))] {
            answers(&office, "no-reply@customer.test", reason)?;
            office.newest_mail("no-reply@customer.test", number)?;
        }
        // Another address every time; a restart forgets nothing.
        office.restart()?;
        for number in 1..=3 {
            let address = format!("robot-{number}@customer.test");
            answers(&office, &address, json!(null))?;
            office.newest_mail(&address, 1)?;
        }
        answers(&office, "robot-4@customer.test", json!("Domain"))?;
        answers(&office, "robot-5@customer.test", json!("Domain"))?;
        // Others are still answered.
        answers(&office, "jo@agents.test", json!(null))?;
        assert_eq!(office.settled()?.len(), 0);
        assert_eq!(office.all("AutomaticReplySent")?.len(), 6);
        Ok(())
    })
}

#[test]
fn two_postbooks_that_answer_each_other_stop() -> Result<()> {
    const OTHER: &str = "support@customer.test";
    journey(Needs::Mail, |stage| {
        let one = Office::open(stage, &plan())?;
        let other = Office::open_another(stage, &plan(), "customer.test")?;
        one.servers.submit(&robot(OTHER, SUPPORT))?;
        assert_eq!(decisions(&one, 1)?, [json!(null)]);
        assert_eq!(decisions(&other, 1)?, [json!({ "Automatic": "Answer" })]);
        assert_eq!((one.settled()?.len(), other.settled()?.len()), (0, 0));
        assert_eq!(one.servers.mailbox(SUPPORT)?.len(), 1);
        assert_eq!(one.servers.mailbox(OTHER)?.len(), 1);

        // Something between them takes every mark and every thread away.
        let (left, right) = ("left@agents.test", "right@agents.test");
        let mut passed = (1, 1);
        one.servers.submit(&robot(left, SUPPORT))?;
        loop {
            passed.0 += 1;
            if decisions(&one, passed.0)?.last() != Some(&json!(null)) {
                break;
            }
            one.newest_mail(left, passed.0 - 1)?;
            one.servers.submit(&robot(right, OTHER))?;
            passed.1 += 1;
            if decisions(&other, passed.1)?.last() != Some(&json!(null)) {
                break;
            }
            one.newest_mail(right, passed.1 - 1)?;
            one.servers.submit(&robot(left, SUPPORT))?;
        }
        assert_eq!(decisions(&one, passed.0)?.last(), Some(&json!("Address")));
        assert_eq!((one.settled()?.len(), other.settled()?.len()), (0, 0));
        assert_eq!(one.servers.mailbox(left)?.len(), 5);
        assert_eq!(one.servers.mailbox(right)?.len(), 5);
        Ok(())
    })
}

#[test]
fn case_108_an_automatic_answer_is_not_sent_again_after_a_kill() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let wire = Wire::to(stage.servers()?.port("SMTP")?)?;
        let plan = Plan { plain_smtp_port: Some(wire.port()), ..plan() };
        let mut office = Office::open(stage, &plan)?;
        let customers: Vec<Customer> = ["sent", "lost", "waits"]
            .map(|name| Customer::new(name, &format!("{name}@customer.test")))
            .to_vec();
        let [sent, lost, waits] = customers.as_slice() else { anyhow::bail!("three customers") };
        let write = |customer: &Customer| customer.write(SUPPORT, &[], "parcel", "Where is it?");

        office.servers.submit(&write(sent))?;
        office.wait_for("AutomaticReplySent", 1)?;
        // The server has the second one, but nobody knows.
        wire.suffer(Fault::BeforeReply(1));
        office.servers.submit(&write(lost))?;
        office.wait_for("SendUncertain", 1)?;
        wire.suffer(Fault::None);
        // The third one cannot leave.
        office.servers.control(Server::Mta, "stop")?;
        office.servers.deliver(SUPPORT, &write(waits).raw)?;
        office.wait_for("SendDeferred", 1)?;
        office.restart()?;
        office.servers.control(Server::Mta, "start")?;
        office.wait_for("AutomaticReplySent", 2)?;

        let left = office.settled()?;
        assert_eq!(left.len(), 1);
        assert_eq!(text(&left[0], "what"), "automatic reply");
        let first: Vec<Mail> = customers
            .iter()
            .map(|customer| office.newest_mail(&customer.address, 1))
            .collect::<Result<_>>()?;
        assert_eq!(office.all("ContactRestarted")?.len(), 3, "each came there again");
        assert_eq!(office.all("AutomaticReplyRequested")?.len(), 3);

        // A person has it sent again, under the same Message-ID.
        office.program.text(&["outbox", "send-again", &left[0]["id"].to_string()])?;
        let second = office.newest_mail(&lost.address, 2)?;
        assert_eq!(second.field("Message-ID"), first[1].field("Message-ID"));
        assert_eq!(office.settled()?.len(), 0);
        office.verify()
    })
}

#[test]
fn case_057_an_answer_that_comes_back_leads_to_nothing() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let office = Office::open(stage, &plan())?;
        // The server knows at once that nobody is there.
        office.servers.submit(&robot("nouser@customer.test", SUPPORT))?;
        let refused = office.wait_for("SendRefused", 1)?;
        assert_eq!(refused[0].number("code"), 550);
        // A server that bounces what has no envelope sender, to the address in From.
        office.servers.submit(&ann().write(SUPPORT, &[], "parcel", "Where is it?"))?;
        let answer = office.newest_mail(&ann().address, 1)?;
        let bounce = format!(
            "From: Mail Delivery <MAILER-DAEMON@customer.test>\r\nTo: {SUPPORT}\r\n\
             Subject: Undeliverable\r\nMessage-ID: <bounce@customer.test>\r\n\
             MIME-Version: 1.0\r\nContent-Type: multipart/report; \
             report-type=delivery-status; boundary=x\r\n\r\n--x\r\n\
             Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.customer.test\r\n\r\n\
             Final-Recipient: rfc822; ann@customer.test\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n\
             --x\r\nContent-Type: message/rfc822\r\n\r\n{}\r\n--x--\r\n",
            answer.source()
        );
        let sender = String::new();
        let recipients = vec![SUPPORT.to_owned()];
        let message_id = "<bounce@customer.test>".to_owned();
        let raw = bounce.into_bytes();
        office.servers.submit(&Outgoing { sender, recipients, message_id, raw })?;
        office.servers.wait_until_delivered()?;
        // Whatever came before it is settled once a later mail is a contact.
        office.servers.submit(&robot("later@customer.test", SUPPORT))?;
        assert_eq!(decisions(&office, 3)?.len(), 3, "the bounce is no contact");
        office.newest_mail("later@customer.test", 1)?;
        assert_eq!(office.settled()?.len(), 0);
        assert_eq!(office.all("AutomaticReplySent")?.len(), 2);
        let reported = office.all("DeliveryReported")?;
        assert_eq!(reported.len(), 1);
        assert_eq!(reported[0].text("contact"), office.arrival(2)?);
        Ok(())
    })
}
