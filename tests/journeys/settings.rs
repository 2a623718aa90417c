//! What the settings change in the main job, and what agents do besides answering.

use anyhow::Result;
use harness::{Needs, journey};
use serde_json::Value;

use super::office::{INTERNAL, Office, PASSWORD, Plan, SUPPORT, agnes, ann, bruno, text};

#[test]
fn a_relayed_reply_releases_where_the_setting_says_so() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let plan = Plan { settings: "release_on_reply = true", ..Plan::default() };
        let office = Office::open(stage, &plan)?;
        office.ready(&agnes())?;
        for subject in ["one", "two"] {
            office.servers.submit(&ann().write(SUPPORT, &[], subject, "Please."))?;
        }
        for number in 1..=2 {
            let copy = office.newest_mail(&agnes().address, number)?;
            office.servers.submit(&agnes().reply(&copy, "Done."))?;
            let released = office.wait_for("ContactReleased", number)?;
            assert_eq!(released[number - 1].text("reason"), "Reply");
            office.newest_mail(&ann().address, number)?;
        }
        assert_eq!(office.held_by(&agnes())?, [""; 0]);
        Ok(())
    })
}

#[test]
fn case_106_agents_see_the_queue_in_from_where_the_setting_says_so() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let plan = Plan { settings: "agent_copy_from = \"via\"", ..Plan::default() };
        let office = Office::open(stage, &plan)?;
        office.ready(&agnes())?;
        office.servers.submit(&ann().write(SUPPORT, &[], "parcel", "Where?"))?;
        let copy = office.newest_mail(&agnes().address, 1)?;
        assert_eq!(copy.addresses("From"), [INTERNAL]);
        assert!(copy.field("From").contains("Ann Oyelaran via support"), "{}", copy.field("From"));
        office.servers.submit(&agnes().reply(&copy, "There."))?;
        let relayed = office.newest_mail(&ann().address, 1)?;
        assert!(relayed.text().starts_with("There."));
        Ok(())
    })
}

#[test]
fn case_106_a_copy_that_dmarc_refuses_is_seen_and_goes_out_under_our_name_where_set() -> Result<()>
{
    journey(Needs::Mail, |stage| {
        let plan = Plan::default();
        let mut office = Office::open(stage, &plan)?;
        office.servers.answer(&agnes().address, "550 5.7.26 rejected by the policy of DMARC")?;
        office.servers.submit(&ann().write(SUPPORT, &[], "parcel", "Where?"))?;
        let contact = office.arrival(1)?;
        office.ready(&agnes())?;
        office.wait_for("ContactRequeued", 1)?;
        let shown = office.program.text(&["journal", "show", &contact])?;
        assert!(shown.contains("rejected by the policy of DMARC"), "{shown}");
        let agents = office.program.text(&["agent", "list"])?;
        assert!(agents.contains("not ready: delivery failed"), "{agents}");
        office.program.stop()?;
        let via = Plan { settings: "agent_copy_from = \"via\"", ..plan };
        std::fs::write(office.program.configuration(), via.configuration(office.servers)?)?;
        // The agents' server has nothing against our own name.
        office.servers.answer(&agnes().address, "")?;
        office.start()?;
        office.ready(&agnes())?;
        let copy = office.newest_mail(&agnes().address, 1)?;
        assert_eq!(copy.field("X-Postbook-Contact"), contact);
        assert_eq!(copy.addresses("From"), [INTERNAL]);
        Ok(())
    })
}

#[test]
fn who_signs_out_gives_the_contact_back_to_the_head_of_its_queue() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let (agnes, bruno) = (agnes(), bruno());
        let office = Office::open(stage, &Plan::default())?;
        for subject in ["one", "two"] {
            office.servers.submit(&ann().write(SUPPORT, &[], subject, "Please."))?;
        }
        office.arrival(2)?;
        let queue = office.queue("support")?;
        office.ready(&agnes)?;
        let first = office.newest_mail(&agnes.address, 1)?;
        office.wait_for("ContactDelivered", 1)?;
        office.program.text(&["agent", "sign-out", "1001"])?;
        assert_eq!(office.queue("support")?, queue, "order and waiting times are kept");
        office.ready(&bruno)?;
        let second = office.newest_mail(&bruno.address, 1)?;
        let contact = first.field("X-Postbook-Contact");
        assert_eq!(second.field("X-Postbook-Contact"), contact);
        assert_ne!(second.field("Message-ID"), first.field("Message-ID"));
        // Both may answer; the one who went is late.
        office.servers.submit(&agnes.reply(&first, "I had begun already."))?;
        office.newest_mail(&ann().address, 1)?;
        office.servers.submit(&bruno.reply(&second, "I go on."))?;
        office.newest_mail(&ann().address, 2)?;
        let late: Vec<String> =
            office.all("ReplyReceived")?.iter().map(|reply| reply.text("late")).collect();
        assert_eq!(late, ["Transferred", ""]);
        Ok(())
    })
}

#[test]
fn the_same_command_twice_changes_nothing_the_second_time() -> Result<()> {
    journey(Needs::Imap, |stage| {
        let office = Office::open(stage, &Plan::default())?;
        let done = office.program.json(&["agent", "ready", "1001"])?;
        assert_eq!(done["events"], 1);
        let again = office.program.json(&["agent", "ready", "1001"])?;
        assert_eq!(again["events"], 0);
        assert_eq!(again["head"], done["head"]);
        Ok(())
    })
}

#[test]
fn log_lines_for_programs_are_json_and_hold_no_mail() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let extra = "[logging]\nformat = \"json\"\n".to_owned();
        let mut office = Office::open(stage, &Plan { extra, ..Plan::default() })?;
        office.ready(&agnes())?;
        office.servers.answer(&ann().address, "554 5.7.1 not wanted here, secret words")?;
        office.servers.submit(&ann().write(SUPPORT, &[], "parcel", "Where?"))?;
        let copy = office.newest_mail(&agnes().address, 1)?;
        office.servers.submit(&agnes().reply(&copy, "There."))?;
        office.wait_for("SendRefused", 1)?;
        office.program.stop()?;
        let log = office.program.log();
        assert!(log.lines().count() >= 3, "{log}");
        for line in log.lines() {
            let line: Value = serde_json::from_str(line)?;
            assert!(line["timestamp"].is_string() && line["level"].is_string(), "{line}");
        }
        for private in ["ann@", "agnes@", "parcel", "secret words", PASSWORD] {
            assert!(!log.contains(private), "{private} is in {log}");
        }
        Ok(())
    })
}

#[test]
fn what_an_agent_holds_who_leaves_the_directory_goes_back_to_its_queue() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let plan = Plan {
            agents: vec![(agnes(), 2), (bruno(), 1)],
            held_contacts: "keep",
            ..Plan::default()
        };
        let mut office = Office::open(stage, &plan)?;
        for subject in ["one", "two", "three"] {
            office.servers.submit(&ann().write(SUPPORT, &[], subject, "Please."))?;
        }
        office.arrival(3)?;
        let queue = office.queue("support")?;
        office.ready(&agnes())?;
        office.wait_for("ContactDelivered", 2)?;
        assert_eq!(office.held_by(&agnes())?.len(), 2, "as many as the agent may hold");
        assert_eq!(office.queue("support")?.len(), 1);
        office.program.stop()?;
        let plan = Plan { agents: vec![(bruno(), 1)], ..plan };
        std::fs::write(office.program.configuration(), plan.configuration(office.servers)?)?;
        office.start()?;
        assert_eq!(office.queue("support")?, queue, "order and waiting times are kept");
        office.ready(&bruno())?;
        let copy = office.newest_mail(&bruno().address, 1)?;
        assert_eq!(copy.field("X-Postbook-Contact"), text(&queue[0], "contact"));
        Ok(())
    })
}

#[test]
fn nobody_leaves_the_directory_whom_a_contact_waits_for() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let plan = Plan { held_contacts: "keep", ..Plan::default() };
        let mut office = Office::open(stage, &plan)?;
        office.ready(&agnes())?;
        office.servers.submit(&ann().write(SUPPORT, &[], "tax", "Please."))?;
        let contact = office.arrival(1)?;
        office.wait_for("ContactDelivered", 1)?;
        office.program.text(&["agent", "transfer", "1001", "--to-agent", "1002"])?;
        let smaller = Plan { agents: vec![(agnes(), 1)], ..plan.clone() };
        let [with, without] = [&plan, &smaller].map(|plan| plan.configuration(office.servers));
        let (with, without) = (with?, without?);
        office.wait_for_state(&contact, "waiting for agent 1002")?;
        office.program.stop()?;
        std::fs::write(office.program.configuration(), &without)?;
        let refused = office.program.run(&["serve"])?;
        let said = String::from_utf8(refused.stderr)?;
        assert!(said.contains("1 open contact waits for agent 1002"), "{said}");
        std::fs::write(office.program.configuration(), &with)?;
        office.start()?;
        office.wait_for_state(&contact, "waiting for agent 1002")?;
        // What he holds waits for nobody else: without him it goes back to its queue, and to Agnes.
        office.ready(&bruno())?;
        office.wait_for_state(&contact, "with agent 1002")?;
        office.program.stop()?;
        std::fs::write(office.program.configuration(), &without)?;
        office.start()?;
        office.wait_for_state(&contact, "with agent 1001")
    })
}
