//! A configuration is put in force on a running server: mailboxes come and go, people and queues
//! change, mail flows on, and what cannot be is refused with nothing changed.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result};
use harness::{Agent, MailClient, Needs, Outgoing, Program, journey, until, within};
use serde_json::Value;

use super::office::{
    INTERNAL, LONG, Office, PASSWORD, Plan, SALES, SUPPORT, agnes, ann, bruno, queueing, text,
};

/// A mailbox that comes later.
const ORDERS: &str = "orders@support.test";

fn zoe() -> Agent {
    Agent::new(1003, "Zoë Lang", "zoe@agents.test", MailClient::Thunderbird)
}

/// What comes later: a mailbox with an application, a queue and an agent, as an included file and
/// the rest of the main one.
fn orders(office: &Office<'_>) -> Result<(String, String)> {
    let more = "[[application]]\nname = \"orders\"\nfile = \"orders.toml\"\n".to_owned();
    let agent = zoe();
    let directory = format!(
        "[[mailbox]]\nname = \"orders\"\ndisplay_name = \"Orders\"\naddresses = [\"{ORDERS}\"]\n\
         application = \"orders\"\n\
         imap = {{ host = \"localhost\", port = {port}, security = \"tls\", user = \"{ORDERS}\", \
         password_file = \"orders.password\", poll_seconds = 3600 }}\n\
         [[queue]]\nname = \"orders\"\naccept_within = \"2 days\"\n\
         [[skill]]\nname = \"french\"\n[[team]]\nname = \"Paris\"\n\
         [[agent]]\nnumber = {number}\nname = \"{name}\"\naddress = \"{address}\"\n\
         queues = [{{ queue = \"orders\", level = 8 }}]\nskills = [\"french\"]\nteam = \"Paris\"\n\
         capacity = 99\n",
        port = office.servers.port("IMAPS")?,
        number = agent.number,
        name = agent.name,
        address = agent.address,
    );
    Ok((more, directory))
}

/// A plan whose main file includes a folder.
fn including(plan: Plan) -> Result<Plan> {
    Ok(Plan { top: "include = [\"directory/*.toml\"]\n", ..plan })
}

fn write(office: &Office<'_>, plan: &Plan) -> Result<()> {
    Ok(fs::write(office.program.configuration(), plan.configuration(office.servers)?)?)
}

/// What a subcommand complains about; it must fail.
fn complaint(program: &Program, arguments: &[&str]) -> Result<String> {
    let output = program.run(arguments)?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!output.status.success(), "{arguments:?} succeeded: {printed}");
    assert!(!said.contains("panicked"), "{said}");
    Ok(said)
}

fn head(program: &Program) -> Result<u64> {
    program.json(&["status"])?["head"].as_u64().context("the status names the head")
}

/// Applies what must be refused: nothing is recorded, and no connection begins anew.
fn refused(office: &Office<'_>) -> Result<String> {
    let before = (head(&office.program)?, logins(office)?);
    let said = complaint(&office.program, &["apply"])?;
    assert_eq!(complaint(&office.program, &["apply", "--dry-run"])?, said);
    assert_eq!((head(&office.program)?, logins(office)?), before);
    Ok(said)
}

/// How often somebody has logged in at each mailbox.
fn logins(office: &Office<'_>) -> Result<[usize; 4]> {
    let log = fs::read_to_string(office.servers.logs()?.join("dovecot.log"))?;
    let of = |user: &str| {
        let mark = format!("Login: user=<{user}>");
        log.lines().filter(|line| line.contains("imap-login") && line.contains(&mark)).count()
    };
    Ok([SUPPORT, SALES, INTERNAL, ORDERS].map(of))
}

/// The things that an answer says are added, removed or changed.
fn changed(applied: &Value) -> Vec<String> {
    let changes = applied["changes"].as_array().map(Vec::as_slice).unwrap_or_default();
    let name = |change: &Value| ["change", "kind", "name"].map(|key| text(change, key)).join(" ");
    changes.iter().map(|change| name(change).trim().to_owned()).collect()
}

/// Waits until every connection works, each named once.
fn wait_for_connections(office: &Office<'_>, names: &[&str]) -> Result<()> {
    within(LONG, "the connections work", || {
        let connections = office.connections()?;
        let known: Vec<&str> = connections.iter().map(|(name, _)| name.as_str()).collect();
        let works = |(name, state): &(String, String)| name == "outgoing" || state == "ok";
        Ok((known == names && connections.iter().all(works)).then_some(()))
    })
}

/// Waits until the mail server takes a password; a new one may take it a second.
fn wait_for_login(office: &Office<'_>, user: &str, password: &str) -> Result<()> {
    let port = office.servers.port("IMAP")?;
    until("the new password counts", || {
        let mut stream = BufReader::new(TcpStream::connect((Ipv4Addr::LOCALHOST, port))?);
        stream.get_mut().write_all(format!("A LOGIN {user} \"{password}\"\r\n").as_bytes())?;
        let answers = stream.lines().map_while(Result::ok).find(|line| line.starts_with("A "));
        Ok(answers.is_some_and(|answer| answer.starts_with("A OK")).then_some(()))
    })
}

fn letter(to: &str, subject: &str) -> Outgoing {
    ann().write(to, &[], subject, "Please.")
}

/// The same again is nothing; killed and started again, all is as applied.
fn applied_for_good(office: &mut Office<'_>, loads: usize) -> Result<()> {
    let head_now = head(&office.program)?;
    let again = office.program.json(&["apply"])?;
    assert_eq!((changed(&again).len(), &again["events"]), (0, &0.into()), "{again}");
    assert_eq!(head(&office.program)?, head_now);
    office.restart()?;
    assert_eq!(office.all("DirectoryLoaded")?.len(), loads, "a start loads it no more");
    assert_eq!(changed(&office.program.json(&["apply"])?).len(), 0);
    Ok(())
}

#[test]
fn a_mailbox_a_queue_and_an_agent_come_while_mail_flows() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let plan = including(Plan { held_contacts: "keep", ..Plan::default() })?;
        let mut office = Office::install(stage, &plan)?;
        let folder = office.program.folder().join("directory");
        fs::create_dir(&folder)?;
        office.servers.user(ORDERS, "another password")?;
        office.start()?;
        for number in 0..10 {
            office.servers.submit(&letter(SUPPORT, &format!("support {number}")))?;
            office.servers.submit(&letter(ORDERS, &format!("early {number}")))?;
        }
        let before = logins(&office)?;
        let (more, directory) = orders(&office)?;
        let plan = Plan { extra: more, ..plan };
        write(&office, &plan)?;
        fs::write(folder.join("orders.toml"), directory)?;
        fs::write(folder.join("orders.password"), "another password\n")?;
        fs::write(office.program.folder().join("orders.toml"), queueing("orders"))?;

        let head_before = head(&office.program)?;
        let planned = office.program.json(&["apply", "--dry-run"])?;
        let expected = [
            "added mailbox orders",
            "added application orders",
            "added queue orders",
            "added agent 1003",
            "added team Paris",
            "added skill french",
        ];
        assert_eq!(changed(&planned), expected, "{planned}");
        assert_eq!(office.connections()?.len(), 4, "a dry run changes nothing");
        let loads = office.all("DirectoryLoaded")?.len();
        let applied = office.program.json(&["apply"])?;
        assert_eq!(applied["changes"], planned["changes"]);
        assert!(!applied.to_string().contains("another password"), "{applied}");
        assert!(head(&office.program)? > head_before);
        let loaded = office.wait_for("DirectoryLoaded", loads + 1)?;
        assert_eq!(loaded.len(), loads + 1, "the dry run recorded nothing");
        for number in 10..20 {
            office.servers.submit(&letter(SUPPORT, &format!("support {number}")))?;
        }
        let names =
            ["mailbox internal", "mailbox orders", "mailbox sales", "mailbox support", "outgoing"];
        wait_for_connections(&office, &names)?;
        for number in 10..20 {
            office.servers.submit(&letter(ORDERS, &format!("late {number}")))?;
        }
        // What lay there at the first connection is history, as with every new mailbox.
        within(LONG, "all mail is in", || {
            let late = office.queue("orders")?.len();
            Ok((office.queue("support")?.len() == 20 && late == 10).then_some(()))
        })?;
        let [support, sales, internal, orders] = logins(&office)?;
        assert_eq!([support, sales, internal], before[..3], "no other connection was touched");
        assert_eq!(orders, 1);

        let listed = office.program.json(&["agent", "list"])?;
        let listed =
            listed.as_array().and_then(|agents| agents.iter().find(|it| it["number"] == 1003));
        let listed = listed.context("the agent is listed")?;
        assert_eq!((&listed["team"], &listed["skills"]["french"]), (&"Paris".into(), &5.into()));
        assert_eq!(listed["levels"]["orders"], 8);
        office.ready(&zoe())?;
        let copies = office.servers.wait_for_mail(&zoe().address, 10)?;
        office.servers.submit(&zoe().reply(&copies[0], "It is on its way."))?;
        let answer = office.newest_mail(&ann().address, 1)?;
        assert_eq!(answer.addresses("From"), [ORDERS]);

        applied_for_good(&mut office, loads + 1)?;
        assert_eq!(office.held_by(&zoe())?.len(), 10);
        assert_eq!(office.all("ContactArrived")?.len(), 30);
        office.verify()
    })
}

#[test]
fn a_mailbox_that_goes_and_comes_back_loses_no_mail() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let plan = Plan::default();
        let office = Office::open(stage, &plan)?;
        office.servers.submit(&letter(SALES, "one"))?;
        let contact = office.arrival(1)?;
        let whole = plan.configuration(office.servers)?;
        let start = whole.find("[[mailbox]]\nname = \"sales\"").context("the mailbox is there")?;
        let end = start + whole[start..].find("[[application]]").context("its end")?;
        let without = format!("{}{}", &whole[..start], &whole[end..]);
        fs::write(office.program.configuration(), &without)?;
        // Its contact is answered under its address.
        let said = refused(&office)?;
        let expected = format!(
            "1 open contact came to mailbox `sales`, which the new directory does not \
                                have, so that no answer could be sent: {contact}; keep the mailbox"
        );
        assert!(said.contains(&expected), "{said}");
        office.program.text(&["contact", "release", &contact])?;
        let applied = office.program.text(&["apply"])?;
        assert!(applied.contains("- mailbox sales\n"), "{applied}");
        assert!(applied.contains("imap.user = sales@support.test"), "{applied}");
        wait_for_connections(&office, &["mailbox internal", "mailbox support", "outgoing"])?;
        office.servers.submit(&letter(SALES, "two"))?;
        office.servers.submit(&letter(SUPPORT, "three"))?;
        office.servers.wait_until_delivered()?;
        assert_eq!(office.wait_for("ContactArrived", 2)?.len(), 2);
        fs::write(office.program.configuration(), &whole)?;
        office.program.text(&["apply"])?;
        let arrived = office.wait_for("ContactArrived", 3)?;
        let subjects: Vec<String> = arrived.iter().map(|it| it.subject()).collect();
        assert_eq!(subjects, ["one", "three", "two"]);
        Ok(())
    })
}

#[test]
fn a_password_and_an_address_change() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let plan = Plan::default();
        let office = Office::open(stage, &plan)?;
        office.ready(&agnes())?;
        office.servers.user(SUPPORT, "new password")?;
        wait_for_login(&office, SUPPORT, "new password")?;
        let home = Agent::new(1001, &agnes().name, "agnes.home@agents.test", MailClient::Outlook);
        let moved = Plan { agents: vec![(home.clone(), 2), (bruno(), 1)], ..plan.clone() };
        let text = moved.configuration(office.servers)?;
        let account = format!("user = \"{SUPPORT}\", password_file = \"password\"");
        assert!(text.contains(&account), "{text}");
        let account_now = account.replace("\"password\"", "\"support.password\"");
        fs::write(office.program.configuration(), text.replace(&account, &account_now))?;
        // A file that is not there is told by file, line and key.
        let said = refused(&office)?;
        assert!(said.contains("mailbox.imap.password_file: cannot read"), "{said}");
        assert!(said.contains("postbook.toml:") && said.contains("support.password"), "{said}");
        fs::write(office.program.folder().join("support.password"), "new password\n")?;
        let before = logins(&office)?;
        let applied = office.program.text(&["apply"])?;
        for expected in [
            "~ agent 1001\n    address: agnes@agents.test -> agnes.home@agents.test\n    capacity: 1 -> 2\n",
            "    imap.secret: another one, not shown\n",
            "Note: agent 1001 is signed in: mail goes to agnes@agents.test until their next sign-in, \
             and to agnes.home@agents.test from then on.\n",
        ] {
            assert!(applied.contains(expected), "{expected} is missing: {applied}");
        }
        assert!(!applied.contains("new password") && !applied.contains(PASSWORD), "{applied}");
        within(LONG, "the mailbox is read with the new password", || {
            Ok((logins(&office)?[0] > before[0]).then_some(()))
        })?;
        let listed = office.program.text(&["agent", "list"])?;
        assert!(
            listed.contains(
                "agent 1001 gets mail at agnes.home@agents.test from their next sign-in on"
            )
        );
        office.servers.submit(&letter(SUPPORT, "one"))?;
        office.newest_mail("agnes@agents.test", 1)?;
        office.program.text(&["agent", "sign-out", "1001"])?;
        office.ready(&home)?;
        let copy = office.newest_mail("agnes.home@agents.test", 1)?;
        office.servers.submit(&home.reply(&copy, "Yes."))?;
        office.newest_mail(&ann().address, 1)?;
        let listed = office.program.text(&["agent", "list"])?;
        assert!(!listed.contains("next sign-in"), "{listed}");
        // The file alone says another password, which is the wrong one.
        fs::write(office.program.folder().join("support.password"), "wrong\n")?;
        let applied = office.program.json(&["apply"])?;
        assert_eq!(changed(&applied), ["changed mailbox support"]);
        assert_eq!(applied["events"], 0);
        within(LONG, "the wrong password is noticed", || {
            let connections = office.connections()?;
            let failing = connections
                .iter()
                .any(|(name, state)| name == "mailbox support" && state == "failing");
            Ok(failing.then_some(()))
        })
    })
}

#[test]
fn what_would_leave_contacts_alone_is_refused_with_every_reason() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let plan = Plan { held_contacts: "keep", ..Plan::default() };
        let office = Office::open(stage, &plan)?;
        office.ready(&agnes())?;
        office.servers.submit(&letter(SUPPORT, "one"))?;
        let first = office.arrival(1)?;
        office.wait_for("ContactDelivered", 1)?;
        office.program.text(&["agent", "transfer", "1001", "--to-agent", "1002"])?;
        office.program.text(&["agent", "not-ready", "1001"])?;
        office.servers.submit(&letter(SUPPORT, "two"))?;
        let second = office.arrival(2)?;
        office.wait_for_state(&second, "waiting in support")?;
        // Neither the queue nor the agent; the application in force names the queue, too.
        let smaller = Plan { agents: vec![(agnes(), 1)], ..plan.clone() };
        let text = smaller.configuration(office.servers)?;
        let text = text
            .replace("[[queue]]\nname = \"support\"\n", "")
            .replace("queues = [\"support\"]", "queues = [\"sales\"]");
        fs::write(office.program.configuration(), text)?;
        fs::write(office.program.folder().join("support.toml"), queueing("sales"))?;
        let said = refused(&office)?;
        for expected in [
            format!(
                "2 open contacts belong to queue `support`, which the new directory does not have: \
                     {first}, {second}; move those that wait (`postbook contact move {first} --to-queue \
                     QUEUE`)"
            ),
            format!(
                "1 open contact waits for agent 1002, whom the new directory does not have: {first}; \
                     move them"
            ),
        ] {
            assert!(said.contains(&expected), "{expected} is missing: {said}");
        }
        for contact in [&first, &second] {
            office.program.text(&["contact", "move", contact, "--to-queue", "sales"])?;
        }
        office.program.text(&["apply"])?;
        assert_eq!(office.queue("sales")?.len(), 2);
        // The old version of the application is in force no more, so that its queue may go.
        let shown = office.program.json(&["directory", "show"])?.to_string();
        assert!(!shown.contains("\"1002\""), "{shown}");
        Ok(())
    })
}

#[test]
fn what_an_application_in_force_names_stays_and_bad_files_change_nothing() -> Result<()> {
    journey(Needs::Imap, |stage| {
        let schedule = "[[schedule]]\nname = \"hours\"\nzone = \"Europe/Paris\"\n\
                        hours = [\"Mon-Fri 09:00-17:30\"]\n";
        let application = "start = \"arrival\"\n[action.arrival]\ndo = \"wait for e-mail\"\n\
                           exit.mail = \"clock\"\n[action.clock]\ndo = \"choose by schedule\"\n\
                           schedule = \"hours\"\nthen = \"line\"\n[action.line]\ndo = \"queue\"\n\
                           queue = \"support\"\nthen = \"finish\"\n[action.finish]\ndo = \"end\"\n";
        let plan = including(Plan { application: application.to_owned(), ..Plan::default() })?;
        let mut office = Office::install(stage, &plan)?;
        let folder = office.program.folder().join("directory");
        fs::create_dir(&folder)?;
        fs::write(folder.join("hours.toml"), schedule)?;
        office.start()?;
        // The file of the application does without it, as it is in force it does not: a version
        // that was published before does not come into force again.
        fs::write(office.program.folder().join("simple.toml"), queueing("support"))?;
        office.program.text(&["application", "publish", "support", "simple.toml"])?;
        fs::write(
            office.program.folder().join("hours.again.toml"),
            format!("{application}# again\n"),
        )?;
        office.program.text(&["application", "publish", "support", "hours.again.toml"])?;
        fs::write(office.program.folder().join("support.toml"), queueing("support"))?;
        fs::write(folder.join("hours.toml"), "")?;
        let said = refused(&office)?;
        let expected = "application support v3 is in force: action `clock`, line 7: there is no schedule \
                        `hours`; publish a version that does without it first (`postbook application \
                        publish support FILE`), or keep it";
        assert!(said.contains(expected), "{said}");
        fs::write(folder.join("hours.toml"), schedule)?;

        // Mistakes in two files, all of them with file and line.
        let good = plan.configuration(office.servers)?;
        let bad = good.replace("restart_held_contacts", "restart_hold_contacts");
        fs::write(office.program.configuration(), bad)?;
        let wrong =
            schedule.replace("Mon-Fri", "Mon-Fry") + "[[queue]]\nname = \"x\"\npriority = 1\n";
        fs::write(folder.join("hours.toml"), wrong)?;
        let said = refused(&office)?;
        for expected in [
            "postbook.toml:4: settings.restart_hold_contacts: unknown field `restart_hold_contacts`",
            "hours.toml:4: schedule[0].hours[0]: `Mon-Fry",
            "hours.toml:7: queue[0].priority: unknown field `priority`",
        ] {
            assert!(said.contains(expected), "{expected} is missing: {said}");
        }
        fs::write(folder.join("hours.toml"), schedule)?;
        fs::write(office.program.configuration(), good)?;
        assert_eq!(changed(&office.program.json(&["apply"])?).len(), 0);

        // What takes a restart is said.
        let text = plan.configuration(office.servers)?;
        fs::write(office.program.configuration(), text + "[logging]\nformat = \"json\"\n")?;
        let applied = office.program.text(&["apply"])?;
        assert!(applied.contains("Not yet: `logging.format` takes the next start"), "{applied}");
        assert!(applied.contains("Nothing to change"), "{applied}");
        Ok(())
    })
}

#[test]
fn the_outgoing_server_changes_while_it_is_used_and_no_mail_is_lost_or_doubled() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let plan = Plan { agents: vec![(agnes(), 99)], ..Plan::default() };
        let office = Office::open(stage, &plan)?;
        let plain = Plan { plain_smtp_port: Some(office.servers.port("SMTP")?), ..plan.clone() };
        for number in 0..40 {
            office.servers.submit(&letter(SUPPORT, &format!("mail {number}")))?;
        }
        office.arrival(40)?;
        office.ready(&agnes())?;
        for plan in [&plain, &plan, &plain] {
            write(&office, plan)?;
            let applied = office.program.json(&["apply"])?;
            assert_eq!(changed(&applied), ["changed outgoing"]);
        }
        within(LONG, "every copy is delivered", || {
            Ok((office.all("ContactDelivered")?.len() >= 40).then_some(()))
        })?;
        assert_eq!(office.settled()?.len(), 0);
        let mut subjects: Vec<String> =
            office.servers.mailbox(&agnes().address)?.iter().map(|copy| copy.subject()).collect();
        subjects.sort();
        let mut expected: Vec<String> = (0..40).map(|number| format!("mail {number}")).collect();
        expected.sort();
        assert_eq!(subjects, expected);
        Ok(())
    })
}

#[test]
fn the_directory_is_shown_as_it_was_also_without_a_server() -> Result<()> {
    journey(Needs::Imap, |stage| {
        let plan = Plan::default();
        let mut office = Office::open(stage, &plan)?;
        let first = head(&office.program)?;
        let (before, instant) = (head(&office.program)?, jiff::Timestamp::now());
        // A log tells times apart by milliseconds.
        until("the clock has gone on", || {
            let past = instant.as_millisecond() + 2;
            Ok((jiff::Timestamp::now().as_millisecond() > past).then_some(()))
        })?;
        let settings = "release_on_reply = true";
        let next = Plan { settings, agents: vec![(agnes(), 3), (bruno(), 1)], ..plan.clone() };
        write(&office, &next)?;
        office.program.text(&["apply"])?;
        let ask = |program: &Program, arguments: &[&str]| -> Result<Value> {
            program.json(&[&["directory", "show"], arguments].concat())
        };
        let capacity = |shown: &Value| {
            let items = shown["items"].as_array().map(Vec::as_slice).unwrap_or_default();
            let agent = items.iter().find(|item| item["name"] == "1001");
            agent.map(|agent| text(&agent["keys"], "capacity")).unwrap_or_default()
        };
        let now = ask(&office.program, &[])?;
        assert_eq!(capacity(&now), "3");
        assert!(now["directory"]["by"].is_string(), "{now}");
        for as_of in [first.to_string(), instant.to_string()] {
            let then = ask(&office.program, &["--as-of", &as_of])?;
            assert_eq!((capacity(&then), &then["as_of"]), ("1".to_owned(), &before.into()));
            assert!(then["directory"]["by"].is_null(), "{then}");
        }
        let compared = ask(&office.program, &["--diff", &first.to_string()])?;
        assert_eq!(changed(&compared), ["changed settings", "changed agent 1001"]);
        assert_eq!(compared["loads"].as_array().map(Vec::len), Some(2));
        let empty = ask(&office.program, &["--as-of", "1"])?;
        assert_eq!(empty["items"].as_array().map(Vec::len), Some(0));
        let said = complaint(&office.program, &["directory", "show", "--as-of", "999999"])?;
        assert!(said.contains("none at 999999"), "{said}");

        let told = office.program.text(&["directory", "show"])?;
        office.program.stop()?;
        assert_eq!(ask(&office.program, &["--as-of", &now["as_of"].to_string()])?, now);
        assert_eq!(
            ask(
                &office.program,
                &["--diff", &first.to_string(), "--as-of", &now["as_of"].to_string()]
            )?["changes"],
            compared["changes"]
        );
        assert!(
            office
                .program
                .text(&["directory", "show"])?
                .ends_with(told.split_once("\n\n").context("items")?.1)
        );
        let said = complaint(&office.program, &["apply"])?;
        assert!(said.contains("no server works on"), "{said}");
        assert!(
            said.contains("`postbook serve` applies the configuration when it starts"),
            "{said}"
        );
        office.start()
    })
}

#[test]
fn a_server_that_dies_as_it_applies_has_all_or_nothing_in_force() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let plan = Plan::default();
        let mut office = Office::open(stage, &plan)?;
        let other = Plan { agents: vec![(agnes(), 7), (bruno(), 7)], ..plan.clone() };
        for round in 0..6 {
            let plan = if round % 2 == 0 { &other } else { &plan };
            office.servers.submit(&letter(SUPPORT, &format!("mail {round}")))?;
            write(&office, plan)?;
            let mut applying = office.program.begin(&["apply"])?;
            // Somewhere between the request and the answer.
            std::thread::sleep(Duration::from_millis(round * 4));
            office.program.kill()?;
            applying.wait()?;
            office.start()?;
            assert_eq!(changed(&office.program.json(&["apply"])?).len(), 0);
        }
        let arrived = office.wait_for("ContactArrived", 6)?;
        assert_eq!(arrived.len(), 6);
        until("every mailbox works", || {
            let connections = office.connections()?;
            let works = |(name, state): &(String, String)| name == "outgoing" || state == "ok";
            Ok(connections.iter().all(works).then_some(()))
        })?;
        office.verify()
    })
}
