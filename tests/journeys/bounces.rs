//! Mail of ours that comes back, and what agents are told of what they cannot see.

use anyhow::{Context, Result};
use harness::{Agent, Customer, Mail, MailClient, Needs, journey, until};
use serde_json::Value;

use super::applications::forwarding;
use super::office::{BOUNCES, Office, Plan, SUPPORT, agnes, ann, bruno, text};

/// What goes to this agent is taken by the mail server, and comes back.
fn gone() -> Agent {
    Agent::new(1001, "Gustave Onet", "gone@agents.test", MailClient::Outlook)
}

/// Postbook reads the mailbox of its envelope sender.
fn plan(agents: Vec<(Agent, u16)>, office: &harness::Stage) -> Result<Plan> {
    let servers = office.servers()?;
    servers.user(BOUNCES, super::office::PASSWORD)?;
    let extra = format!(
        "[[mailbox]]\nname = \"bounces\"\naddresses = [\"{BOUNCES}\"]\napplication = \"sales\"\n\
         imap = {{ host = \"localhost\", port = {}, security = \"tls\", user = \"{BOUNCES}\", \
         password_file = \"password\", poll_seconds = 3600 }}\n",
        servers.port("IMAPS")?
    );
    Ok(Plan { agents, extra, ..Plan::default() })
}

fn alarms(office: &Office<'_>) -> Result<Vec<Value>> {
    let status = office.program.json(&["status"])?;
    Ok(status["alarms"].as_array().cloned().unwrap_or_default())
}

/// The only notice an agent got.
fn notice(office: &Office<'_>, agent: &Agent, count: usize) -> Result<Mail> {
    let notice = office.newest_mail(&agent.address, count)?;
    assert_eq!(notice.field("Return-Path"), "<>", "{}", notice.head());
    assert_eq!(notice.field("Auto-Submitted"), "auto-generated");
    Ok(notice)
}

#[test]
fn a_mail_that_an_application_passed_on_and_that_comes_back_is_an_alarm() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let application = forwarding(&gone().address);
        let plan = Plan { application, ..plan(vec![(bruno(), 1)], stage)? };
        let office = Office::open(stage, &plan)?;
        office.servers.submit(&ann().write(SUPPORT, &[], "tax", "Do I pay tax?"))?;
        let contact = office.arrival(1)?;
        let failed = office.wait_for("ActionFailed", 1)?;
        assert_eq!(failed[0].text("contact"), contact);
        assert_eq!(office.all("DeliveryReported")?.len(), 1);
        let alarms = alarms(&office)?;
        assert!(alarms[0].as_str().context("a sentence")?.contains("away"), "{alarms:?}");
        Ok(())
    })
}

#[test]
fn case_064_a_bounced_copy_is_given_to_the_next_agent() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let plan = plan(vec![(gone(), 1), (bruno(), 1)], stage)?;
        let office = Office::open(stage, &plan)?;
        office.ready(&gone())?;
        office.servers.submit(&ann().write(SUPPORT, &[], "parcel", "Where is it?"))?;
        let contact = office.arrival(1)?;
        let reports = office.wait_for("DeliveryReported", 1)?;
        assert_eq!(reports[0].text("contact"), contact);
        assert_eq!(
            (reports[0].text("outcome"), reports[0].text("status")),
            ("Failed".to_owned(), "5.1.1".to_owned())
        );
        office.wait_for_state(&contact, "waiting in support")?;
        let alarms = alarms(&office)?;
        assert!(alarms[0].as_str().context("a sentence")?.contains("agent 1001"), "{alarms:?}");
        let agents = office.program.json(&["agent", "list"])?;
        assert_eq!(text(&agents[0], "state"), "not ready");

        office.ready(&bruno())?;
        let copy = office.newest_mail(&bruno().address, 1)?;
        let sender = copy.field("Return-Path");
        assert!(sender.starts_with("<bounces+e") && sender.ends_with("@support.test>"), "{sender}");
        office.servers.submit(&bruno().reply(&copy, "Here it is."))?;
        office.newest_mail(&ann().address, 1)?;
        assert_eq!(office.all("ContactArrived")?.len(), 1, "a bounce is no contact");
        office.verify()
    })
}

#[test]
fn case_061_a_bounced_reply_is_told_to_whoever_wrote_it() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let office = Office::open(stage, &plan(vec![(agnes(), 1), (bruno(), 1)], stage)?)?;
        office.ready(&agnes())?;
        let customer = Customer::new("Gunnar One", "gone@customer.test");
        office.servers.submit(&customer.write(SUPPORT, &[], "parcel", "Where is it?"))?;
        let contact = office.arrival(1)?;
        let copy = office.newest_mail(&agnes().address, 1)?;
        office.servers.submit(&agnes().reply(&copy, "Here it is."))?;
        let notice = notice(&office, &agnes(), 2)?;
        assert!(notice.subject().contains(&contact), "{}", notice.subject());
        assert!(notice.text().contains("5.1.1"), "{}", notice.text());
        assert!(notice.text().contains("the mailbox is gone"), "{}", notice.text());
        office.wait_for("NoticeSent", 1)?;
        assert_eq!(office.state(&contact)?, "with agent 1001");
        assert_eq!(alarms(&office)?.len(), 0);
        // The same bounce found again, and mail to that address that is no bounce.
        let bounce = office.servers.mailbox(BOUNCES)?.pop().context("the bounce")?;
        office.servers.deliver(BOUNCES, bounce.raw())?;
        office.wait_for("MailDuplicated", 1)?;
        office.settled()?;
        assert_eq!(office.servers.mailbox(&agnes().address)?.len(), 2);
        office.verify()
    })
}

#[test]
fn case_092_and_097_what_cannot_be_sent_or_passed_on_is_told_to_the_agent() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let office = Office::open(stage, &plan(vec![(agnes(), 1), (bruno(), 1)], stage)?)?;
        office.ready(&agnes())?;
        let customer = Customer::new("Nils Oxe", "nouser@customer.test");
        office.servers.submit(&customer.write(SUPPORT, &[], "parcel", "Where is it?"))?;
        office.arrival(1)?;
        let copy = office.newest_mail(&agnes().address, 1)?;
        let reply = agnes().reply(&copy, "Here it is.");
        office.servers.submit(&reply)?;
        let refused = notice(&office, &agnes(), 2)?;
        assert!(refused.text().contains("5.1.1"), "{}", refused.text());

        // The registered mailbox is told, not the writer.
        let colleague = bruno().reply(&copy, "I never got this contact.");
        office.servers.submit(&colleague)?;
        let refused = notice(&office, &agnes(), 3)?;
        assert!(refused.text().contains(&bruno().address), "{}", refused.text());
        assert_eq!(refused.field("In-Reply-To"), colleague.message_id);

        // An automatic answer to the notice goes to nobody.
        let mut away = agnes().reply(&refused, "I am away.");
        away.raw = String::from_utf8_lossy(&away.raw)
            .replace("MIME-Version", "Auto-Submitted: auto-replied\r\nMIME-Version")
            .into_bytes();
        office.servers.submit(&away)?;
        office.wait_for("ReplyRefused", 2)?;
        office.settled()?;
        assert_eq!(office.servers.mailbox(&bruno().address)?.len(), 0);
        assert_eq!(office.servers.mailbox(&agnes().address)?.len(), 3);
        Ok(())
    })
}

#[test]
fn an_agent_is_told_what_a_restart_released() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let mut office = Office::open(stage, &Plan::default())?;
        office.ready(&agnes())?;
        office.servers.submit(&ann().write(SUPPORT, &[], "parcel", "Where is it?"))?;
        let contact = office.arrival(1)?;
        let copy = office.newest_mail(&agnes().address, 1)?;
        office.wait_for_state(&contact, "with agent 1001")?;
        office.restart()?;
        let told = notice(&office, &agnes(), 2)?;
        assert!(told.subject().contains(&contact), "{}", told.subject());
        office.servers.submit(&agnes().reply(&copy, "Still for you."))?;
        office.newest_mail(&ann().address, 1)?;
        until("the reply is late", || {
            let replies = office.all("ReplyReceived")?;
            Ok(replies.first().filter(|reply| reply.text("late") == "Released").map(|_| ()))
        })
    })
}
