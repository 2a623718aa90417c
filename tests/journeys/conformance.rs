//! The conformance scenario of the thread variables, step by step, with and without the releases.

use std::fs;

use anyhow::Result;
use harness::{Agent, Customer, MailClient, Needs, journey};

use super::office::{Office, Plan};

const PUBLIC: &str = "agent@computer-talk.com";
const COLLEAGUE: &str = "colleague@business.com";

/// The agents of the scenario.
fn agent(number: u32) -> Agent {
    let client = if number == 1002 { MailClient::Outlook } else { MailClient::Thunderbird };
    let place = number % 10;
    Agent::new(number, &format!("Handler {place}"), &format!("a{place}@ct.com"), client)
}

/// Plays the scenario; `releases` tells whether each interaction is released.
fn play(releases: bool) -> Result<()> {
    journey(Needs::Mail, |stage| {
        let [a1, a2, a3] = [1001, 1002, 1003].map(agent);
        let customer = Customer::new("Customer", "customer@business.com");
        let agents = [&a1, &a2, &a3].map(|agent| (agent.clone(), 1));
        let plan = Plan { agents: agents.to_vec(), address: PUBLIC, ..Plan::default() };
        let mut office = Office::open(stage, &plan)?;
        let servers = office.servers;

        // Step 1: the customer writes, Cc the colleague.
        servers.submit(&customer.write(PUBLIC, &[COLLEAGUE], "contract", "Please look at it."))?;
        let first = office.arrival(1)?;
        let expected = ["", "", "", COLLEAGUE];
        assert_eq!(office.variables(&first)?, expected, "step 1");

        // Step 2: routed to 1001, who transfers to 1002; 1001 replies.
        office.ready(&a1)?;
        let copy = office.newest_mail(&a1.address, 1)?;
        office.program.text(&["agent", "transfer", "1001", "--to-agent", "1002"])?;
        office.program.text(&["agent", "not-ready", "1001"])?;
        office.ready(&a2)?;
        office.newest_mail(&a2.address, 1)?;
        servers.submit(&a1.reply(&copy, "It is with a colleague."))?;
        let relayed = office.newest_mail(&customer.address, 1)?;
        assert_eq!(office.variables(&first)?, expected, "step 2, before it ends");
        if releases {
            office.release(&a2)?;
            office.wait_for_state(&first, "released")?;
        }
        office.program.text(&["agent", "not-ready", "1002"])?;
        // The customer replies to all.
        servers.submit(&customer.reply_with_copies(&relayed, &[COLLEAGUE], "Good, when?"))?;
        let second = office.arrival(2)?;
        let expected = ["1002:a2@ct.com", "", "", COLLEAGUE];
        assert_eq!(office.variables(&second)?, expected, "step 2");

        // Step 3: routed to 1003, who replies with Cc to the expert.
        office.ready(&a3)?;
        let copy = office.newest_mail(&a3.address, 1)?;
        assert_eq!(office.variables(&second)?, expected, "its own handler is not the last one");
        let expert = "sme@ext.com";
        servers.submit(&a3.reply_with_copies(&copy, &[expert], "Our expert reads with us."))?;
        let relayed = office.newest_mail(&customer.address, 2)?;
        assert_eq!(office.newest_mail(expert, 1)?.field("From"), "Handler 3 <a3@ct.com>");
        if releases {
            office.release(&a3)?;
            office.wait_for_state(&second, "released")?;
        }
        // The customer replies and drops the colleague.
        servers.submit(&customer.reply(&relayed, "Thank you both."))?;
        let third = office.arrival(3)?;
        let expected = ["1003:a3@ct.com", "1002:a2@ct.com", expert, ""];
        assert_eq!(office.variables(&third)?, expected, "step 3");

        let threads: Vec<String> =
            office.all("ContactArrived")?.iter().map(|fact| fact.text("thread")).collect();
        assert!(threads.iter().all(|thread| *thread == threads[0]), "{threads:?}");
        let released = office.all("ContactReleased")?.len();
        assert_eq!(released, if releases { 2 } else { 0 });

        // A newer reply without any empties the internal list; replies never change the handlers.
        let copy = office.newest_mail(&a1.address, 1)?;
        servers.submit(&a1.reply(&copy, "One more thing."))?;
        office.wait_for("ReplyReceived", 3)?;
        let expected = ["1003:a3@ct.com", "1002:a2@ct.com", "", ""];
        assert_eq!(office.variables(&third)?, expected, "after a late reply");

        // The variables are in the log alone: views and snapshots can go.
        office.program.stop()?;
        let data = office.program.folder().join("data");
        fs::remove_dir_all(data.join("views"))?;
        fs::remove_dir_all(data.join("snapshots"))?;
        office.start()?;
        assert_eq!(office.variables(&third)?, expected, "after a replay of everything");
        office.verify()
    })
}

#[test]
fn the_variables_follow_the_table_with_the_releases() -> Result<()> {
    play(true)
}

#[test]
fn the_variables_follow_the_table_without_the_releases() -> Result<()> {
    play(false)
}
