//! The mail servers the other journeys stand on behave as those journeys expect.

use anyhow::Result;
use harness::{Agent, Customer, Fault, MailClient, Needs, Outgoing, Server, Wire, journey};

const TEXT: &str = "Where is my parcel?\n.\n.. a line of dots, and Zoë's é";

fn ann() -> Customer {
    Customer::new("Ann", "ann@customer.test")
}

#[test]
fn mail_through_postfix_lies_in_the_mailbox_unchanged() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let servers = stage.servers()?;
        let sent = ann().write("support@support.test", &["bob@customer.test"], "help", TEXT);
        servers.submit(&sent)?;
        for address in ["support@support.test", "bob@customer.test"] {
            let mails = servers.wait_for_mail(address, 1)?;
            assert_eq!(mails.len(), 1);
            assert_eq!(mails[0].text().trim_end(), TEXT);
            assert_eq!(mails[0].field("Message-ID"), sent.message_id);
        }
        Ok(())
    })
}

#[test]
fn mails_are_listed_in_the_order_they_came() -> Result<()> {
    journey(Needs::Imap, |stage| {
        let servers = stage.servers()?;
        for number in 0..12 {
            let mail = format!("Subject: {number}\r\n\r\n{number}\r\n");
            servers.deliver("support@support.test", mail.as_bytes())?;
        }
        let subjects: Vec<String> =
            servers.mailbox("support@support.test")?.iter().map(|mail| mail.subject()).collect();
        let expected: Vec<String> = (0..12).map(|number| number.to_string()).collect();
        assert_eq!(subjects, expected);
        assert!(servers.mailbox("nobody-wrote@support.test")?.is_empty());
        Ok(())
    })
}

#[test]
fn an_agents_reply_reaches_the_internal_mailbox_by_its_token() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let servers = stage.servers()?;
        for client in [MailClient::Outlook, MailClient::Thunderbird] {
            let agent = Agent::new(1001, "Agnes Martin", "agnes@agents.test", client);
            let before = servers.mailbox("internal@support.test")?.len();
            let mut copy = ann().write("agnes@agents.test", &[], "help", TEXT);
            copy.raw.splice(0..0, *b"Reply-To: internal+Tok=en.1@support.test\r\n");
            servers.submit(&copy)?;
            let copies = servers.wait_for_mail("agnes@agents.test", before + 1)?;
            servers.submit(&agent.reply(copies.last().unwrap(), "It is on its way."))?;
            let replies = servers.wait_for_mail("internal@support.test", before + 1)?;
            let reply = replies.last().unwrap();
            assert_eq!(reply.field("Delivered-To"), "internal+Tok=en.1@support.test");
            assert_eq!(reply.field("In-Reply-To"), copy.message_id);
            assert!(reply.text().starts_with("It is on its way.\n"));
        }
        Ok(())
    })
}

#[test]
fn a_customer_answers_everybody() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let servers = stage.servers()?;
        let support = Customer::new("Support", "support@support.test");
        let first = support.write("ann@customer.test", &["bob@customer.test"], "parcel", "Sent.");
        servers.submit(&first)?;
        let received = servers.wait_for_mail("ann@customer.test", 1)?;
        servers.submit(&ann().reply_all(&received[0], "Thanks!"))?;
        assert_eq!(servers.wait_for_mail("support@support.test", 1)?[0].subject(), "Re: parcel");
        assert_eq!(servers.wait_for_mail("bob@customer.test", 2)?.len(), 2);
        Ok(())
    })
}

#[test]
fn postfix_refuses_what_it_is_told_to_refuse() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let servers = stage.servers()?;
        let refusal = |address: &str| -> Result<String> {
            let outcome = servers.submit(&ann().write(address, &[], "help", TEXT));
            Ok(outcome.err().map(|error| error.to_string()).unwrap_or_default())
        };
        for (address, code) in [
            ("grey@customer.test", "450"),
            ("full@customer.test", "452"),
            ("refuse+x@customer.test", "554"),
            ("drop421@customer.test", "421"),
            ("nouser@customer.test", "550"),
            ("ann@elsewhere.example", "550"),
        ] {
            let refusal = refusal(address)?;
            assert!(refusal.starts_with(code), "{address}: {refusal}");
        }
        for _ in 0..2 {
            servers.answer("late@customer.test", "450 4.7.1 greylisted")?;
            assert!(refusal("late@customer.test")?.contains("greylisted"));
            servers.answer("late@customer.test", "")?;
            assert_eq!(refusal("late@customer.test")?, "");
        }
        Ok(())
    })
}

#[test]
fn one_server_stops_while_the_other_goes_on() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let servers = stage.servers()?;
        let mail: Outgoing = ann().write("support@support.test", &[], "help", TEXT);
        servers.control(Server::Mta, "stop")?;
        assert!(servers.submit(&mail).is_err());
        servers.deliver("support@support.test", &mail.raw)?;
        servers.control(Server::Mta, "start")?;
        servers.submit(&mail)?;
        servers.wait_for_mail("support@support.test", 2)?;
        servers.control(Server::Imap, "stop")?;
        assert!(servers.deliver("support@support.test", &mail.raw).is_err());
        servers.submit(&mail)?;
        servers.control(Server::Imap, "start")?;
        servers.wait_for_mail("support@support.test", 3)?;
        Ok(())
    })
}

#[test]
fn a_cut_wire_loses_the_mail_or_only_the_reply() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let servers = stage.servers()?;
        let wire = Wire::to(servers.port("SMTP")?)?;
        for (fault, mails, accepted) in [
            (Fault::None, 1, true),
            (Fault::BeforeDot(1), 1, false),
            (Fault::BeforeReply(1), 2, false),
            (Fault::Slow(100), 3, true),
        ] {
            wire.suffer(fault);
            let mail = ann().write("support@support.test", &[], "help", TEXT);
            let sent = harness::submit_to(wire.port(), &mail);
            assert_eq!(sent.is_ok(), accepted, "{fault:?}");
            assert_eq!(servers.wait_for_mail("support@support.test", mails)?.len(), mails);
        }
        let expected = [("BeforeDot", 1), ("BeforeReply", 1), ("Slow", 1)];
        assert_eq!(wire.struck(), expected.into_iter().collect());
        Ok(())
    })
}
