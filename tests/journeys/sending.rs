//! How mail leaves: at its pace.

use std::fs;

use anyhow::Result;
use harness::{Needs, journey};

use super::office::{Office, Plan, SUPPORT, agnes, ann, text};

#[test]
fn mail_to_a_domain_keeps_its_pace_and_holds_up_no_other() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let rate = "[[outgoing.rate]]\ndomain = \"ext.com\"\nper_minute = 1\n";
        let agents = vec![(agnes(), 10)];
        let plan =
            Plan { agents, held_contacts: "keep", extra: rate.to_owned(), ..Plan::default() };
        let mut office = Office::open(stage, &plan)?;
        let servers = office.servers;
        office.ready(&agnes())?;
        // More than there are connections go to the slow domain before one goes elsewhere.
        let slow = 8;
        for number in 0..=slow {
            servers.submit(&ann().write(
                SUPPORT,
                &[],
                &format!("case {number}"),
                "Whose is it?",
            ))?;
        }
        office.wait_for("ContactDelivered", slow + 1)?;
        let held = office.held_by(&agnes())?;
        let away = |contact: &str, to: &str| {
            office.program.text(&["agent", "transfer", "1001", contact, "--to-address", to])
        };
        for contact in &held[..slow] {
            away(contact, "expert@ext.com")?;
        }
        office.newest_mail("expert@ext.com", 1)?;
        away(&held[slow], "expert@business.com")?;
        office.newest_mail("expert@business.com", 1)?;
        assert_eq!(servers.mailbox("expert@ext.com")?.len(), 1);

        // What waits for its turn is ready, and nothing happened to it.
        office.wait_for("ContactDelivered", slow + 3)?;
        let waiting = office.outbox()?;
        assert_eq!(waiting.len(), slow - 1);
        assert!(waiting.iter().all(|mail| text(mail, "state") == "ready"), "{waiting:?}");
        assert_eq!(office.all("SendDeferred")?.len(), 0);
        assert_eq!(office.all("SendStarted")?.len(), slow + 3);

        // Without the rate the rest leaves at once.
        office.program.stop()?;
        let configuration = office.program.configuration();
        let without = fs::read_to_string(&configuration)?.replace(rate, "");
        fs::write(&configuration, without)?;
        office.start()?;
        assert!(office.settled()?.is_empty(), "everything is sent");
        assert_eq!(servers.mailbox("expert@ext.com")?.len(), slow);
        office.verify()
    })
}
