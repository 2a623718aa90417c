//! What a kill and a new start make of a thousand contacts, row by row of the domain's table.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result};
use harness::{Fault, Needs, Server, Wire, journey, within};
use serde_json::Value;

use super::crowd::{self, CROWD};
use super::office::{LONG, Office, Plan, SUPPORT, agnes, ann, bruno, text, waiting};

/// Everything `journal list` shows but the position a contact has in its life.
fn listed(office: &Office<'_>) -> Result<Vec<Value>> {
    let mut contacts = office.contacts()?;
    contacts.sort_by_key(|contact| text(contact, "contact"));
    Ok(contacts)
}

#[test]
fn case_107_contacts_in_a_queue_wait_on_in_their_order() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let mut office = Office::open(stage, &crowd::roomy("release"))?;
        let contacts = crowd::arrive(&office)?;
        let (queue, journal) = (office.queue("support")?, listed(&office)?);
        assert_eq!(queue.len(), CROWD);
        office.restart()?;
        assert!(office.queue("support")? == queue, "ids, order and enqueue times are the same");
        assert!(listed(&office)? == journal);
        // The downtime counts as waiting, and can be told apart.
        let starts = office.all("EngineStarted")?;
        assert_eq!(starts.len(), 2);
        assert!(starts[1].number("previous") > 0);

        office.ready(&agnes())?;
        office.ready(&bruno())?;
        office.wait_for("ContactDelivered", CROWD)?;
        let served: Vec<String> =
            office.all("ContactAssigned")?.iter().map(|fact| fact.text("contact")).collect();
        let waited: Vec<String> = queue.iter().map(|row| text(row, "contact")).collect();
        assert!(served == waited, "they are served in the order they waited in");
        crowd::check_copies(&office, &contacts)?;
        assert_eq!(office.all("ContactArrived")?.len(), CROWD);
        office.verify()
    })
}

#[test]
fn case_108_contacts_in_their_application_enter_it_again_in_its_version() -> Result<()> {
    journey(Needs::Imap, |stage| {
        let plan = Plan { application: waiting(3600), ..crowd::roomy("release") };
        let mut office = Office::open(stage, &plan)?;
        let contacts = crowd::arrive(&office)?;
        office.wait_for("ApplicationPaused", CROWD)?;
        let journal = listed(&office)?;
        assert!(journal.iter().all(|row| row["state"] == "in application support v1"));
        office.program.kill()?;
        fs::write(office.program.folder().join("support.toml"), waiting(7200))?;
        office.start()?;
        assert!(listed(&office)? == journal, "same ids, same arrivals, same version");
        let again = office.wait_for("ContactRestarted", CROWD)?;
        let again: BTreeSet<String> = again.iter().map(|fact| fact.text("contact")).collect();
        assert!(again == contacts, "each enters its application again, once");
        let paused = office.wait_for("ApplicationPaused", 2 * CROWD)?;
        assert_eq!(paused.len(), 2 * CROWD);
        assert!(paused.iter().all(|fact| fact.fact["step"]["application"]["version"] == 1));
        assert_eq!(office.queue("support")?.len(), 0);

        // Only what arrives from now on enters the new version.
        office.servers.deliver(SUPPORT, &ann().write(SUPPORT, &[], "new", "?").raw)?;
        let newest = office.arrival(CROWD + 1)?;
        office.wait_for_state(&newest, "in application support v2")?;
        office.verify()
    })
}

#[test]
fn a_short_wait_in_an_application_ends_after_a_restart() -> Result<()> {
    journey(Needs::Imap, |stage| {
        let plan = Plan { application: waiting(2), ..Plan::default() };
        let mut office = Office::open(stage, &plan)?;
        office.servers.fill(SUPPORT, crowd::mails(0..20).iter().map(Vec::as_slice))?;
        office.arrival(20)?;
        office.restart()?;
        office.wait_for("ContactQueued", 20)?;
        assert_eq!(office.queue("support")?.len(), 20);
        assert_eq!(office.all("ContactQueued")?.len(), 20, "nobody is queued twice");
        Ok(())
    })
}

#[test]
fn case_109_contacts_assigned_and_not_delivered_are_delivered_once() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let mut office = Office::open(stage, &crowd::roomy("release"))?;
        let contacts = crowd::arrive(&office)?;
        office.servers.control(Server::Mta, "stop")?;
        office.ready(&agnes())?;
        office.ready(&bruno())?;
        office.wait_for("ContactAssigned", CROWD)?;
        let journal = listed(&office)?;
        assert_eq!(office.all("ContactDelivered")?.len(), 0);
        office.program.kill()?;
        office.servers.control(Server::Mta, "start")?;
        office.start()?;
        office.wait_for("ContactDelivered", CROWD)?;
        assert_eq!(office.settled()?.len(), 0);
        crowd::check_copies(&office, &contacts)?;
        assert_eq!(office.all("ContactReleased")?.len(), 0);
        let delivered = listed(&office)?;
        for (before, after) in journal.iter().zip(&delivered) {
            let before_state = text(before, "state");
            assert_eq!(before_state.replace("assigned to", "with"), text(after, "state"));
            assert_eq!(before["contact"], after["contact"]);
            assert_eq!(before["arrived"], after["arrived"]);
        }
        office.verify()
    })
}

#[test]
fn delivered_contacts_are_released_where_the_setting_says_so() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let mut office = Office::open(stage, &crowd::roomy("release"))?;
        let contacts = crowd::deliver(&office)?;
        office.restart()?;
        assert!(listed(&office)?.iter().all(|row| row["state"] == "released"));
        let released = office.all("ContactReleased")?;
        assert!(released.iter().all(|fact| fact.text("reason") == "Restart"));
        assert_eq!(released.len(), CROWD);
        assert!(office.held_by(&agnes())?.is_empty() && office.held_by(&bruno())?.is_empty());

        // Who answers all the same reaches the customer, late.
        let numbers = crowd::numbers(&office)?;
        let (agent, copy) = crowd::copies(&office)?.swap_remove(0);
        office.servers.submit(&agent.reply(&copy, "Better late than never."))?;
        office.wait_for("ReplyRelayed", 1)?;
        assert_eq!(office.all("ReplyReceived")?[0].text("late"), "Released");
        let relayed = crowd::relayed(&office)?;
        let number = numbers.get(&copy.field("X-Postbook-Contact")).context("a contact")?;
        assert_eq!(relayed.keys().collect::<Vec<_>>(), [number]);
        crowd::check_copies(&office, &contacts)?;
        office.verify()
    })
}

#[test]
fn delivered_contacts_stay_where_the_setting_says_so() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let mut office = Office::open(stage, &crowd::roomy("keep"))?;
        let contacts = crowd::deliver(&office)?;
        let (journal, agents) = (listed(&office)?, office.program.json(&["agent", "list"])?);
        office.restart()?;
        assert!(listed(&office)? == journal);
        assert!(office.program.json(&["agent", "list"])? == agents, "every agent holds the same");
        assert_eq!(office.all("ContactReleased")?.len(), 0);
        crowd::check_copies(&office, &contacts)?;
        let (agent, copy) = crowd::copies(&office)?.swap_remove(0);
        office.servers.submit(&agent.reply(&copy, "Still mine."))?;
        office.wait_for("ReplyRelayed", 1)?;
        assert_eq!(office.all("ReplyReceived")?[0].text("late"), "");
        office.verify()
    })
}

#[test]
fn contacts_on_their_way_to_an_agent_or_an_address_go_on() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let mut office = Office::open(stage, &crowd::roomy("keep"))?;
        office.ready(&agnes())?;
        office.servers.fill(SUPPORT, crowd::mails(0..2).iter().map(Vec::as_slice))?;
        office.wait_for("ContactDelivered", 2)?;
        let held = office.held_by(&agnes())?;
        office.servers.control(Server::Mta, "stop")?;
        let expert = "expert@customer.test";
        office.program.text(&["agent", "transfer", "1001", &held[0], "--to-address", expert])?;
        office.program.text(&["agent", "transfer", "1001", &held[1], "--to-agent", "1002"])?;
        let journal = listed(&office)?;
        office.program.kill()?;
        office.servers.control(Server::Mta, "start")?;
        office.program.start(&["status"])?;
        // The address gets its copy, and only then the contact ends.
        assert_eq!(office.newest_mail(expert, 1)?.field("X-Postbook-Contact"), held[0]);
        office.wait_for_state(&held[0], "released")?;
        assert_eq!(office.wait_for("ContactReleased", 1)?[0].text("reason"), "TransferredOut");
        assert!(journal.iter().any(|row| row["state"] == "on its way to an address"));
        // The other one still waits for the agent.
        assert_eq!(office.state(&held[1])?, "waiting for agent 1002");
        office.ready(&bruno())?;
        let copy = office.newest_mail(&bruno().address, 1)?;
        assert_eq!(copy.field("X-Postbook-Contact"), held[1]);
        assert_eq!(office.settled()?.len(), 0);
        assert_eq!(office.servers.mailbox(expert)?.len(), 1);
        office.verify()
    })
}

/// A thousand replies are recorded while Postfix is stopped or hangs, then the program is killed.
fn replies_are_recorded(action: &str, back: &str) -> Result<()> {
    journey(Needs::Mail, |stage| {
        let mut office = Office::open(stage, &crowd::roomy("keep"))?;
        let contacts = crowd::deliver(&office)?;
        office.servers.control(Server::Mta, action)?;
        crowd::answer_all(&office)?;
        if action == "pause" {
            within(LONG, "four replies hang in the server", || {
                Ok((in_state(&office, "started")?.len() == 4).then_some(()))
            })?;
        }
        let numbers = crowd::numbers(&office)?;
        office.program.kill()?;
        let open = in_state(&office, "started")?;
        office.servers.control(Server::Mta, back)?;
        office.start()?;
        // Those and only those whose outcome was open when the program died are uncertain.
        let uncertain: BTreeSet<String> =
            office.settled()?.iter().map(|entry| text(entry, "contact")).collect();
        assert_eq!(uncertain, open);
        let refused = office.all("SendRefused")?;
        assert!(refused.is_empty(), "{refused:?}");
        assert_eq!(office.all("ReplyRelayed")?.len(), CROWD - open.len());
        let relayed = crowd::relayed(&office)?;
        for contact in &contacts {
            let count = relayed.get(&numbers[contact]).map_or(0, Vec::len);
            assert_eq!(count, usize::from(!open.contains(contact)), "replies to {contact}");
        }
        // A person decides; then those are there, too.
        for entry in office.outbox()? {
            office.program.text(&["outbox", "send-again", &entry["id"].to_string()])?;
        }
        assert_eq!(office.settled()?.len(), 0);
        let relayed = crowd::relayed(&office)?;
        assert!(relayed.len() == CROWD && relayed.values().all(|mails| mails.len() == 1));
        crowd::check_copies(&office, &contacts)?;
        office.verify()
    })
}

/// The contacts of outgoing replies in a state.
fn in_state(office: &Office<'_>, state: &str) -> Result<BTreeSet<String>> {
    let outbox = office.outbox()?;
    let found = outbox.iter().filter(|entry| entry["state"] == state && entry["what"] == "reply");
    Ok(found.map(|entry| text(entry, "contact")).collect())
}

#[test]
fn replies_recorded_while_the_server_is_away_are_sent_once() -> Result<()> {
    replies_are_recorded("stop", "start")
}

#[test]
fn replies_recorded_while_the_server_hangs_are_sent_once_or_uncertain() -> Result<()> {
    replies_are_recorded("pause", "resume")
}

#[test]
fn case_096_a_reply_of_unknown_outcome_is_sent_again_by_a_person_only() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let wire = Wire::to(stage.servers()?.port("SMTP")?)?;
        let plan =
            Plan { plain_smtp_port: Some(wire.port()), held_contacts: "keep", ..Plan::default() };
        let mut office = Office::open(stage, &plan)?;
        office.ready(&agnes())?;
        office.servers.submit(&ann().write(SUPPORT, &[], "parcel", "Where is it?"))?;
        let contact = office.arrival(1)?;
        let copy = office.newest_mail(&agnes().address, 1)?;
        office.wait_for("ContactDelivered", 1)?;

        // The server has it, but its answer is lost.
        wire.suffer(Fault::BeforeReply(1));
        office.servers.submit(&agnes().reply(&copy, "It has left."))?;
        let lost = office.wait_for("SendUncertain", 1)?;
        assert_eq!(lost[0].text("reason"), "ConnectionLost");
        let first = office.newest_mail(&ann().address, 1)?;
        wire.suffer(Fault::None);
        for _ in 0..2 {
            // But for the notice to the agent, which may not have gone out yet.
            let mut outbox = office.outbox()?;
            outbox.retain(|entry| text(entry, "what") == "reply");
            assert_eq!(outbox.len(), 1);
            assert_eq!(text(&outbox[0], "state"), "uncertain");
            assert_eq!(text(&outbox[0], "contact"), contact);
            office.restart()?;
        }
        assert_eq!(office.newest_mail(&ann().address, 1)?, first);

        let id = office.outbox()?[0]["id"].to_string();
        office.program.text(&["outbox", "send-again", &id])?;
        let second = office.newest_mail(&ann().address, 2)?;
        assert_eq!(second.field("Message-ID"), first.field("Message-ID"));
        assert_eq!(office.settled()?.len(), 0);
        assert_eq!(office.wait_for("ReplyRelayed", 1)?.len(), 1);

        // Lost before the final dot: the server has nothing, which the program cannot know.
        wire.suffer(Fault::BeforeDot(1));
        office.servers.submit(&agnes().reply(&copy, "It has arrived."))?;
        office.wait_for("SendUncertain", 2)?;
        wire.suffer(Fault::None);
        let id = office.outbox()?[0]["id"].to_string();
        office.program.text(&["outbox", "send-again", &id])?;
        let third = office.newest_mail(&ann().address, 3)?;
        assert!(third.text().starts_with("It has arrived."));
        assert_eq!(office.wait_for("ReplyRelayed", 2)?.len(), 2);
        assert_eq!(office.settled()?.len(), 0);
        Ok(())
    })
}
