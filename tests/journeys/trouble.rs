//! Mail servers and mails that make trouble: each shows in `postbook status`, loses nothing, and
//! leaves the rest alone.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};
use harness::{Needs, Server, Wire, journey, within};

use super::imap::Imap;
use super::office::{INTERNAL, LONG, Office, Plan, SALES, SUPPORT, agnes, ann, bruno, text};

/// Waits until a connection fails with a message that holds `words`, and gives the message.
fn failing(office: &Office<'_>, name: &str, words: &str) -> Result<String> {
    within(LONG, &format!("{name} fails with `{words}`"), || {
        let status = office.program.json(&["status"])?;
        let connections = status["connections"].as_array().context("a list")?;
        let found = connections.iter().find(|connection| connection["name"] == name);
        let found = found.with_context(|| format!("{name} is listed"))?;
        let message = text(found, "message");
        Ok((found["state"] == "failing" && message.contains(words)).then_some(message))
    })
}

/// Waits until a connection works.
fn working(office: &Office<'_>, name: &str) -> Result<()> {
    within(LONG, &format!("{name} works"), || {
        let connections = office.connections()?;
        Ok(connections.contains(&(name.to_owned(), "ok".to_owned())).then_some(()))
    })
}

/// Puts a mail into a mailbox by LMTP.
fn deliver(office: &Office<'_>, to: &str, subject: &str) -> Result<()> {
    office.servers.deliver(to, &ann().write(to, &[], subject, "Hello.").raw)
}

/// Changes the configuration file.
pub(crate) fn configure(office: &Office<'_>, from: &str, to: &str) -> Result<()> {
    let path = office.program.configuration();
    let before = fs::read_to_string(&path)?;
    anyhow::ensure!(before.contains(from), "`{from}` is in the configuration");
    Ok(fs::write(path, before.replace(from, to))?)
}

#[test]
fn a_certificate_nobody_vouches_for_is_not_talked_to() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let mut office = Office::open(stage, &Plan::default())?;
        office.program.stop()?;
        let servers = office.servers;
        let taps = [("IMAP", 0), ("IMAPS", 0), ("SUBM", 0)]
            .map(|(name, _)| Ok((servers.port(name)?, Wire::to(servers.port(name)?)?)));
        let taps: Vec<(u16, Wire)> = taps.into_iter().collect::<Result<_>>()?;
        for (port, tap) in &taps {
            configure(&office, &format!("port = {port},"), &format!("port = {},", tap.port()))?;
        }
        configure(&office, "authorities =", "# authorities =")?;
        deliver(&office, SUPPORT, "parcel")?;
        office.program.start(&["status"])?;
        for mailbox in ["support", "sales", "internal"] {
            let said = failing(&office, &format!("mailbox {mailbox}"), "is not accepted")?;
            assert!(said.contains("nothing was sent"), "{said}");
            assert!(said.contains("trusted authorities"), "{said}");
        }
        let heard: String = taps.iter().map(|(_, tap)| tap.heard()).collect();
        assert!(heard.contains("STARTTLS"), "{heard}");
        for secret in ["LOGIN", "AUTHENTICATE", "correct horse", "parcel"] {
            assert!(!heard.contains(secret), "{secret}");
        }
        assert_eq!(office.contacts()?.len(), 0);

        // The way out is closed, too.
        office.program.stop()?;
        configure(&office, "[internal]", "[tls]\nauthorities = \"ca.pem\"\n[internal]")?;
        configure(&office, "# authorities =", "# was =")?;
        configure(&office, "[tls]\n# was", "# was")?;
        fs::copy(servers.authority()?, office.program.folder().join("ca.pem"))?;
        office.start()?;
        office.arrival(1)?;
        office.verify()
    })
}

#[test]
fn a_submission_server_without_a_valid_certificate_gets_no_mail() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let mut office = Office::open(stage, &Plan::default())?;
        deliver(&office, SUPPORT, "parcel")?;
        let contact = office.arrival(1)?;
        office.program.stop()?;
        let tap = Wire::to(office.servers.port("SUBM")?)?;
        let port = format!("port = {},", office.servers.port("SUBM")?);
        configure(&office, &port, &format!("port = {},", tap.port()))?;
        configure(&office, "authorities =", "# authorities =")?;
        office.program.start(&["status"])?;
        office.ready(&agnes())?;
        let said = failing(&office, "outgoing", "certificate")?;
        assert!(said.contains("nothing was sent"), "{said}");
        assert!(tap.heard().contains("STARTTLS"));
        assert!(!tap.heard().contains("AUTH ") && !tap.heard().contains("MAIL"), "{}", tap.heard());
        assert_eq!(office.servers.mailbox(&agnes().address)?.len(), 0);
        assert_eq!(text(&office.outbox()?[0], "state"), "deferred");
        office.program.stop()?;
        configure(&office, "# authorities =", "authorities =")?;
        office.start()?;
        let copy = office.newest_mail(&agnes().address, 1)?;
        assert_eq!(copy.field("X-Postbook-Contact"), contact);
        Ok(())
    })
}

#[test]
fn a_refused_login_is_told_and_the_other_mailboxes_go_on() -> Result<()> {
    journey(Needs::Imap, |stage| {
        let mut office = Office::open(stage, &Plan::default())?;
        office.program.stop()?;
        office.servers.user("somebody@support.test", "other")?;
        let user = format!("user = \"{SUPPORT}\"");
        configure(&office, &user, "user = \"somebody@support.test\"")?;
        office.program.start(&["status"])?;
        let said = failing(&office, "mailbox support", "refused the login")?;
        assert!(said.contains("somebody@support.test") && said.contains("check `user`"), "{said}");
        assert!(!said.contains("correct horse") && !office.program.log().contains("correct horse"));
        deliver(&office, SUPPORT, "waits")?;
        deliver(&office, SALES, "goes on")?;
        office.arrival(1)?;
        office.program.stop()?;
        configure(&office, "user = \"somebody@support.test\"", &user)?;
        office.start()?;
        office.arrival(2)?;
        let subjects: Vec<String> =
            office.all("ContactArrived")?.iter().map(|fact| fact.subject()).collect();
        assert_eq!(subjects, ["goes on", "waits"]);
        Ok(())
    })
}

#[test]
fn a_folder_that_vanishes_and_comes_back_is_read_on() -> Result<()> {
    journey(Needs::Imap, |stage| {
        let office = Office::install(stage, &Plan::default())?;
        let mut office = office;
        let servers = office.servers;
        Imap::login(servers, SUPPORT)?.run("CREATE Shop")?;
        let account = format!("user = \"{SUPPORT}\",");
        configure(&office, &account, &format!("{account} folder = \"Shop\","))?;
        office.start()?;
        let mail = |subject: &str| ann().write(SUPPORT, &[], subject, "Hello.").raw;
        Imap::login(servers, SUPPORT)?.append("Shop", &mail("before"))?;
        office.arrival(1)?;

        Imap::login(servers, SUPPORT)?.run("RENAME Shop Away")?;
        servers.control(Server::Imap, "stop")?;
        servers.control(Server::Imap, "start")?;
        let said = failing(&office, "mailbox support", "the folder Shop cannot be opened")?;
        assert!(said.contains("create it or correct `folder`"), "{said}");
        deliver(&office, SALES, "goes on")?;
        office.arrival(2)?;

        let mut owner = Imap::login(servers, SUPPORT)?;
        owner.append("Away", &mail("meanwhile"))?;
        owner.run("RENAME Away Shop")?;
        office.arrival(3)?;
        working(&office, "mailbox support")?;

        // Deleted and made anew, the folder counts from 1 again.
        owner.run("DELETE Shop")?;
        servers.control(Server::Imap, "stop")?;
        servers.control(Server::Imap, "start")?;
        failing(&office, "mailbox support", "the folder Shop cannot be opened")?;
        let mut owner = Imap::login(servers, SUPPORT)?;
        owner.run("CREATE Shop")?;
        owner.append("Shop", &mail("afterwards"))?;
        office.arrival(4)?;
        let subjects: Vec<String> =
            office.all("ContactArrived")?.iter().map(|fact| fact.subject()).collect();
        assert_eq!(subjects, ["before", "goes on", "meanwhile", "afterwards"]);
        Ok(())
    })
}

#[test]
fn case_002_a_mailbox_that_is_renumbered_makes_no_contact_twice() -> Result<()> {
    journey(Needs::Imap, |stage| {
        let mut office = Office::install(stage, &Plan::default())?;
        deliver(&office, SUPPORT, "history")?;
        // Servers tell the time of receipt in whole seconds; what is in doubt becomes a contact.
        std::thread::sleep(Duration::from_secs(2));
        office.start()?;
        deliver(&office, SUPPORT, "one")?;
        deliver(&office, SUPPORT, "two")?;
        office.arrival(2)?;
        office.servers.change_uid_validity(SUPPORT)?;
        deliver(&office, SUPPORT, "three")?;
        office.arrival(3)?;
        let subjects: Vec<String> =
            office.all("ContactArrived")?.iter().map(|fact| fact.subject()).collect();
        assert_eq!(subjects, ["one", "two", "three"]);
        Ok(())
    })
}

#[test]
fn case_011_servers_that_go_away_and_come_back_are_found_again() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let office = Office::open(stage, &Plan::default())?;
        let servers = office.servers;
        servers.control(Server::Imap, "stop")?;
        for mailbox in ["mailbox support", "mailbox sales", "mailbox internal"] {
            failing(&office, mailbox, "refuses connections")?;
        }
        // Postfix keeps it meanwhile.
        servers.submit(&ann().write(SUPPORT, &[], "parcel", "Where is it?"))?;
        servers.control(Server::Imap, "start")?;
        office.arrival(1)?;
        servers.control(Server::Mta, "stop")?;
        office.ready(&agnes())?;
        failing(&office, "outgoing", "refuses connections")?;
        servers.control(Server::Mta, "start")?;
        office.newest_mail(&agnes().address, 1)?;
        working(&office, "outgoing")
    })
}

#[test]
fn case_009_and_010_a_server_that_hangs_is_given_up_and_nobody_else_waits() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let silent = Wire::to_nowhere()?;
        let hanging = format!(
            "[[mailbox]]\nname = \"silent\"\naddresses = [\"silent@support.test\"]\n\
             application = \"support\"\nimap = {{ host = \"localhost\", port = {}, \
             user = \"silent\", password_file = \"password\" }}\n",
            silent.port()
        );
        let mut office = Office::install(stage, &Plan { extra: hanging, ..Plan::default() })?;
        let way_out = format!("port = {}, security = \"starttls\"", office.servers.port("SUBM")?);
        configure(&office, &way_out, &format!("port = {}, security = \"tls\"", silent.port()))?;
        office.program.start(&["status"])?;
        for mailbox in ["mailbox support", "mailbox sales", "mailbox internal"] {
            working(&office, mailbox)?;
        }
        deliver(&office, SUPPORT, "goes on")?;
        office.arrival(1)?;
        // Nothing is sent while the way out hangs; everything else works.
        office.ready(&agnes())?;
        office.wait_for("ContactAssigned", 1)?;
        deliver(&office, SUPPORT, "goes on, too")?;
        office.arrival(2)?;
        office.ready(&bruno())?;
        office.wait_for("ContactAssigned", 2)?;
        let said = failing(&office, "mailbox silent", "does not answer: nothing came within")?;
        assert!(said.contains("localhost"), "{said}");
        failing(&office, "outgoing", "nothing came within")?;
        // However much hangs, the program stops in good order.
        office.program.stop()
    })
}

#[test]
fn a_mail_that_cannot_be_read_is_kept_and_the_rest_goes_on() -> Result<()> {
    journey(Needs::Imap, |stage| {
        let mut office = Office::install(stage, &Plan::default())?;
        let account = format!("user = \"{SUPPORT}\",");
        configure(&office, &account, &format!("{account} message_bytes_max = 5000,"))?;
        office.start()?;
        let garbage = b"\xff no header at all\r\n\xfe\r\n.\r\n".to_vec();
        let good = |subject: &str| ann().write(SUPPORT, &[], subject, "Hello.").raw;
        let large = ann().write(SUPPORT, &[], "large", &"x".repeat(6000)).raw;
        let mails = [good("one"), garbage.clone(), good("two"), large, good("three")];
        office.servers.fill(SUPPORT, mails.iter().map(Vec::as_slice))?;
        office.arrival(3)?;
        let subjects: Vec<String> =
            office.all("ContactArrived")?.iter().map(|fact| fact.subject()).collect();
        assert_eq!(subjects, ["one", "two", "three"]);
        let refused = office.wait_for("MailRefused", 1)?;
        assert_eq!(refused[0].text("reason"), "Oversize");

        office.restart()?;
        let kept = office.program.json(&["quarantine", "list"])?;
        assert_eq!(kept.as_array().map(Vec::len), Some(1));
        assert_eq!(kept[0]["mailbox"], "support");
        assert_eq!(kept[0]["reason"], "it has no header");
        let position = kept[0]["position"].to_string();
        let shown = office.program.run(&["quarantine", "show", &position])?;
        assert!(shown.stdout == garbage, "it is shown as it was received");
        let replayed = office.program.run(&["quarantine", "replay", &position])?;
        let said = String::from_utf8(replayed.stderr)?;
        assert!(said.contains("it still cannot be read; it stays in quarantine"), "{said}");
        assert_eq!(office.program.json(&["quarantine", "list"])?, kept);
        let replayed = office.program.run(&["quarantine", "replay", "--all"])?;
        let said = String::from_utf8(replayed.stdout)?;
        assert!(said.contains("it still cannot be read; it stays in quarantine"), "{said}");
        let said = String::from_utf8(replayed.stderr)?;
        assert!(said.contains("1 of 1 mails stay in quarantine"), "{said}");
        assert!(!replayed.status.success());
        let said = office.program.run(&["quarantine", "replay", "1"])?.stderr;
        assert!(String::from_utf8(said)?.contains("nothing is in quarantine at 1"));
        assert_eq!(office.all("MailSetAside")?.len(), 1);
        Ok(())
    })
}

#[test]
fn a_bad_reply_is_kept_and_the_next_one_is_relayed() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let office = Office::open(stage, &Plan::default())?;
        office.ready(&agnes())?;
        deliver(&office, SUPPORT, "parcel")?;
        let copy = office.newest_mail(&agnes().address, 1)?;
        let reply = agnes().reply(&copy, "Here it is.").raw;
        let mails = [b"\xff\xfe\r\n\r\n".to_vec(), reply];
        office.servers.fill(INTERNAL, mails.iter().map(Vec::as_slice))?;
        let relayed = office.newest_mail(&ann().address, 1)?;
        assert!(relayed.text().starts_with("Here it is."));
        assert_eq!(office.all("MailSetAside")?.len(), 1);
        Ok(())
    })
}
