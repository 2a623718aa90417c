//! A day's work by the command line: two agents and a supervisor, and a power cut in between.

use anyhow::{Context, Result, ensure};
use harness::{Customer, Needs, Stage, journey};
use serde_json::Value;

use super::office::{Office, Plan, SUPPORT, agnes, ann, bruno, text};

/// Contacts must be accepted, and be labelled before they are released.
const RULES: &str = "accept_within = \"1 h\"\ndispositions = [\"solved\", \"refund\"]\n\
                     disposition_required = true\n\
                     service_level = { percent = 80, within = \"4 h\" }";
const CODES: &str = "[[disposition]]\ncode = \"solved\"\n[[disposition]]\ncode = \"refund\"\n\
                     [[disposition]]\ncode = \"spam\"\n";

fn open(stage: &Stage) -> Result<Office<'_>> {
    let extra = CODES.to_owned();
    let plan = Plan { rules: RULES, held_contacts: "keep", extra, ..Plan::default() };
    Office::open(stage, &plan)
}

/// Somebody writes to support; gives the contact, the `count`th.
fn write(office: &Office<'_>, name: &str, count: usize) -> Result<String> {
    let customer = Customer::new(name, &format!("{}@customer.test", name.to_lowercase()));
    office.servers.submit(&customer.write(SUPPORT, &[], &format!("from {name}"), "Hello!"))?;
    office.arrival(count)
}

/// Runs a command that must succeed.
fn run(office: &Office<'_>, command: &[&str]) -> Result<()> {
    office.program.text(command).map(|_| ())
}

/// Runs a command that must be refused with these words.
fn refused(office: &Office<'_>, command: &[&str], words: &[&str]) -> Result<()> {
    let output = office.program.run(command)?;
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(!output.status.success(), "{command:?} is not refused");
    for word in words {
        ensure!(complaint.contains(word), "{command:?}: `{word}` is not in {complaint}");
    }
    Ok(())
}

/// What `agent list` says of an agent.
fn agent(office: &Office<'_>, number: u32) -> Result<Value> {
    let agents = office.program.json(&["agent", "list"])?;
    let found = agents
        .as_array()
        .and_then(|agents| agents.iter().find(|agent| agent["number"] == number).cloned());
    found.context("the agent is listed")
}

/// What `contact list` says of a contact.
fn listed(office: &Office<'_>, contact: &str) -> Result<Value> {
    let contacts = office.program.json(&["contact", "list"])?;
    let found = contacts
        .as_array()
        .and_then(|contacts| contacts.iter().find(|listed| listed["contact"] == contact).cloned());
    found.context("the contact is open")
}

/// Everything a team leader sees.
fn seen(office: &Office<'_>) -> Result<[Value; 3]> {
    let see = |command: &[&str]| office.program.json(command);
    Ok([see(&["agent", "list"])?, see(&["contact", "list"])?, see(&["queue"])?])
}

#[test]
fn agents_accept_park_and_decline_and_a_power_cut_changes_nothing() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let mut office = open(stage)?;
        office.ready(&agnes())?;
        let first = write(&office, "Ann", 1)?;
        let copy = office.newest_mail(&agnes().address, 1)?;
        office.wait_for("ContactDelivered", 1)?;
        assert!(agent(&office, 1001)?["accept_by"].is_string());
        let why = office.program.json(&["agent", "why", "1001"])?;
        let why = why[0]["text"].as_str().unwrap_or_default();
        assert!(why.contains(&format!("got contact {first}: they had been idle longest")), "{why}");
        run(&office, &["agent", "accept", "1001"])?;
        assert_eq!(office.all("ContactAccepted")?[0].by, "agent 1001");
        assert!(agent(&office, 1001)?["accept_by"].is_null());

        run(&office, &["agent", "note", "1001", "She waits for the carrier."])?;
        run(&office, &["agent", "park", "1001", "--until-answer", "--until", "3 days"])?;
        let second = write(&office, "Bob", 2)?;
        office.wait_for("ContactDelivered", 2)?;
        run(&office, &["contact", "tag", &first, "carrier"])?;
        let parked = agent(&office, 1001)?;
        assert_eq!(
            (&parked["parked"][0], &parked["contacts"][0]),
            (&first.as_str().into(), &second.as_str().into())
        );

        let before = seen(&office)?;
        office.restart()?;
        assert_eq!(seen(&office)?, before, "who parked what, and what is to be accepted");
        let story = office.program.text(&["journal", "show", &first])?;
        assert!(story.contains("She waits for the carrier. (by agent 1001)"), "{story}");

        refused(
            &office,
            &["agent", "pull", "1001", &first],
            &["1001", "as many contacts as they may"],
        )?;
        run(&office, &["agent", "decline", "1001", "--reason", "not mine"])?;
        assert_eq!(text(&agent(&office, 1001)?, "reason"), "not mine");
        office.ready(&bruno())?;
        office.wait_for_state(&second, "with agent 1002")?;

        // The answer of the agent who parked it is not late; the customer's own brings it back.
        office.servers.submit(&agnes().reply(&copy, "It is on its way."))?;
        office.wait_for("ReplyRelayed", 1)?;
        assert_eq!(office.all("ReplyReceived")?[0].text("late"), "");
        let relayed = office.newest_mail(&ann().address, 1)?;
        office.servers.submit(&ann().reply(&relayed, "Thank you."))?;
        let unparked = office.wait_for("ContactUnparked", 1)?;
        assert_eq!(unparked[0].text("reason"), "CustomerAnswered");
        assert_eq!(office.state(&first)?, "waiting for agent 1001");
        office.ready(&agnes())?;
        office.wait_for_state(&first, "with agent 1001")?;
        office.verify()
    })
}

#[test]
fn nothing_is_released_without_its_code() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let office = open(stage)?;
        office.ready(&agnes())?;
        let contact = write(&office, "Ann", 1)?;
        office.wait_for("ContactDelivered", 1)?;
        refused(&office, &["agent", "release", "1001"], &["solved, refund", "agent disposition"])?;
        refused(&office, &["contact", "release", &contact], &["contact disposition"])?;
        refused(&office, &["agent", "disposition", "1001", "spam"], &["allowed: solved, refund"])?;
        run(&office, &["agent", "disposition", "1001", "refund"])?;
        run(&office, &["agent", "release", "1001"])?;
        run(&office, &["contact", "disposition", &contact, "spam"])?;
        refused(&office, &["contact", "disposition", &contact, "lost"], &["refund, solved, spam"])?;
        run(&office, &["contact", "note", &contact, "Nobody asked for that."])?;
        let labels = office.all("DispositionSet")?;
        assert_eq!(labels[0].by, "agent 1001");
        assert!(!labels[1].by.is_empty() && !labels[1].by.starts_with("agent"), "{labels:?}");
        refused(&office, &["contact", "move", &contact, "--to-queue", "sales"], &["is released"])
    })
}

#[test]
fn a_supervisor_puts_work_where_it_can_be_done() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let office = open(stage)?;
        let [first, second, third] =
            [write(&office, "Ann", 1)?, write(&office, "Bob", 2)?, write(&office, "Cleo", 3)?];
        let queues = office.program.json(&["queue"])?;
        let support = queues.as_array().and_then(|queues| queues.last().cloned());
        let support = support.context("there are queues")?;
        assert_eq!((&support["waiting"], &support["target"]["beyond"]), (&3.into(), &0.into()));

        run(&office, &["contact", "prioritise", &third, "9"])?;
        let order: Vec<String> =
            office.queue("support")?.iter().map(|row| text(row, "contact")).collect();
        assert_eq!(order, [third.clone(), first.clone(), second.clone()]);

        refused(&office, &["contact", "assign", &second, "1001"], &["signed out", "agent ready"])?;
        run(&office, &["agent", "not-ready", "1001", "--reason", "training"])?;
        run(&office, &["contact", "assign", &second, "1001"])?;
        office.wait_for_state(&second, "with agent 1001")?;
        run(&office, &["contact", "move", &first, "--to-queue", "sales"])?;
        assert_eq!(listed(&office, &first)?["queue"], "sales");
        run(&office, &["agent", "not-ready", "1002"])?;
        run(&office, &["agent", "pull", "1002", &first])?;
        office.wait_for_state(&first, "with agent 1002")?;
        let choices: Vec<String> =
            office.all("AssignmentExplained")?.iter().map(|fact| fact.text("choice")).collect();
        assert_eq!(choices, ["Assigned", "Pulled"]);

        // What an agent has is passed on with a note, or taken from them.
        let note = ["--note", "He speaks German."];
        let command = ["agent", "transfer", "1001", "--to-agent", "1002"];
        run(&office, &[command.as_slice(), note.as_slice()].concat())?;
        assert_eq!(office.all("ContactNoted")?.len(), 1);
        assert_eq!(office.state(&second)?, "waiting for agent 1002");
        run(&office, &["contact", "move", &second, "--to-agent", "1001"])?;
        assert_eq!(office.state(&second)?, "waiting for agent 1001");
        run(&office, &["agent", "sign-out", "1002"])?;
        assert_eq!(office.state(&first)?, "waiting in sales");
        let theirs = office.program.json(&["contact", "list", "--agent", "1001"])?;
        assert_eq!(theirs[0]["contact"], second);

        run(&office, &["contact", "release", &first])?;
        let released = office.wait_for("ContactReleased", 1)?;
        assert_eq!(released[0].text("reason"), "Supervisor");
        assert!(!released[0].by.is_empty() && !released[0].by.starts_with("agent"));
        office.verify()
    })
}
