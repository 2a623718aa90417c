//! Wrong configurations, unknown names, and data folders that cannot be used: each is refused in
//! words that say what to do, and nothing changes.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use harness::{Needs, Program, Stage, journey, until};

use super::office::queueing;

const CONFIGURATION: &str = r#"data = "data"

[settings]
restart_held_contacts = "keep"

[verification]
check = "off"

[internal]
name = "internal"
address = "internal@support.test"
maildir = { path = "mail/internal", poll_seconds = 1 }

[outgoing]
sender = "bounces@support.test"
maildirs = "mail"

[[mailbox]]
name = "support"
addresses = ["support@support.test"]
application = "support"
maildir = { path = "mail/support", poll_seconds = 1 }

[[application]]
name = "support"
file = "support.toml"

[[queue]]
name = "support"

[[agent]]
number = 1001
name = "Agnes"
address = "agnes@agents.test"
queues = ["support"]
capacity = 1
"#;

/// Installs a contact centre that needs no mail server.
fn install(stage: &Stage) -> Result<Program> {
    let program = stage.program(CONFIGURATION)?;
    fs::write(program.folder().join("support.toml"), queueing("support"))?;
    for mailbox in ["internal", "support"] {
        for part in ["new", "cur", "tmp"] {
            fs::create_dir_all(program.folder().join("mail").join(mailbox).join(part))?;
        }
    }
    Ok(program)
}

/// Puts a mail into the public mailbox.
fn write(program: &Program, name: &str) -> Result<()> {
    let mail = format!(
        "From: ann@customer.test\r\nTo: support@support.test\r\nSubject: {name}\r\n\
         Message-ID: <{name}@customer.test>\r\n\r\nHello.\r\n"
    );
    let mailbox = program.folder().join("mail/support");
    fs::write(mailbox.join("tmp").join(name), mail)?;
    Ok(fs::rename(mailbox.join("tmp").join(name), mailbox.join("new").join(name))?)
}

fn wait_for_contacts(program: &Program, count: usize) -> Result<()> {
    until(&format!("{count} contacts have arrived"), || {
        let contacts = program.json(&["journal", "list"])?;
        Ok((contacts.as_array().map_or(0, Vec::len) == count).then_some(()))
    })
}

/// What a subcommand complains about; it must fail.
fn complaint(program: &Program, arguments: &[&str]) -> Result<String> {
    let output = program.run(arguments)?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!output.status.success(), "{arguments:?} succeeded: {printed}");
    assert_eq!(printed, "", "{arguments:?}");
    assert!(!said.contains("panicked"), "{said}");
    Ok(said)
}

fn head(program: &Program) -> Result<u64> {
    program.json(&["status"])?["head"].as_u64().context("the status names the head")
}

/// The line, from 1, that begins with `start`.
fn line_of(text: &str, start: &str) -> Result<usize> {
    let found = text.lines().position(|line| line.starts_with(start));
    found.map(|line| line + 1).with_context(|| format!("no line begins with {start}"))
}

/// What is replaced by what, the line the complaint names, and what else it says.
type Mistake = (&'static str, &'static str, &'static str, &'static [&'static str]);

const MISTAKES: [Mistake; 22] = [
    ("sender =", "sendr =", "sendr", &["outgoing", "unknown field `sendr`", "`sender`"]),
    (
        "\"keep\"",
        "\"forget\"",
        "restart",
        &["settings.restart_held_contacts", "`release`", "`keep`"],
    ),
    (
        "capacity = 1",
        "capacity = \"many\"",
        "capacity",
        &["capacity", "a whole number from 0 to 65535"],
    ),
    ("capacity = 1", "capacity = 0", "capacity", &["agent.capacity", "at least 1"]),
    ("\"bounces@support.test\"", "\"bounces\"", "sender", &["outgoing.sender", "local@domain"]),
    (
        "queues = [\"support\"]",
        "queues = [\"sales\"]",
        "queues",
        &["agent.queues", "`sales`", "`support`"],
    ),
    (
        "application = \"support\"",
        "application = \"x\"",
        "application",
        &["mailbox.application", "`support`"],
    ),
    (
        "\"agnes@agents.test\"",
        "\"support@support.test\"",
        "address = \"support",
        &["agent.address", "own"],
    ),
    (
        "[\"support@support.test\"]",
        "[\"internal@support.test\"]",
        "addresses",
        &["mailbox.addresses"],
    ),
    ("file = \"support.toml\"", "file = \"gone.toml\"", "file", &["application.file", "gone.toml"]),
    ("number = 1001", "number = = 1001", "number", &["key"]),
    ("check = \"off\"", "check = \"on\"", "check", &["verification.check", "`full`", "`header`"]),
    ("check = \"off\"", "dns_server = \"localhost\"", "dns_server", &["verification.dns_server"]),
    (
        "maildirs = \"mail\"",
        "maildirs = \"mail\"\n[[outgoing.dkim]]\ndomain = \"support.test\"\nselector = \"s\"\nkey_file = \"support.toml\"",
        "key_file",
        &["outgoing.dkim.key_file", "support.toml", "no RSA key of 2048 to 4096 bits"],
    ),
    (
        "application = \"support\"",
        "application = \"support\"\ntrusted_authserv_ids = [\"mx support\"]",
        "trusted_authserv_ids",
        &["mailbox[0].trusted_authserv_ids[0]", "`mx support` is no name of a mail server"],
    ),
    (
        "maildir = { path = \"mail/support\", poll_seconds = 1 }",
        "imap = { host = \"localhost\", user = \"a\", password_env = \"P\", after = \"burn\" }",
        "imap",
        &["mailbox[0].imap.after", "`nothing`", "`seen`", "`move`", "`delete`"],
    ),
    (
        "maildir = { path = \"mail/support\", poll_seconds = 1 }",
        "imap = { host = \"localhost\", user = \"a\", password_env = \"P\", after = \"move\", move_to = \"inbox\" }",
        "imap",
        &["mailbox.imap.move_to", "other than `folder`"],
    ),
    (
        "maildir = { path = \"mail/support\", poll_seconds = 1 }",
        "imap = { host = \"localhost\", user = \"a\", password_env = \"P\", after = \"seen\", move_to = \"Done\" }",
        "imap",
        &["mailbox.imap.move_to", "`after = \"move\"` only"],
    ),
    (
        "maildirs = \"mail\"",
        "maildirs = \"mail\"\nrate = [{ domain = \"a@b.test\", per_minute = 1 }]",
        "rate",
        &["outgoing.rate[0].domain", "`a@b.test` is no domain"],
    ),
    (
        "maildirs = \"mail\"",
        "maildirs = \"mail\"\nrate = [{ domain = \"*\", per_minute = 0 }]",
        "rate",
        &["outgoing.rate[0].per_minute", "nonzero"],
    ),
    (
        "maildirs = \"mail\"",
        "maildirs = \"mail\"\n[[outgoing.rate]]\nper_minute = 1\ndomain = \"B.test\"\n\
         [[outgoing.rate]]\nper_minute = 2\ndomain = \"b.test\"",
        "domain = \"b",
        &["outgoing.rate.domain", "two rates for `b.test`"],
    ),
    ("maildirs = \"mail\"", "", "[outgoing", &["outgoing", "`smtp`", "`maildirs`"]),
];

#[test]
fn a_wrong_configuration_is_told_by_file_line_and_key() -> Result<()> {
    journey(Needs::Nothing, |stage| {
        let program = install(stage)?;
        for (right, wrong, line, words) in MISTAKES {
            let text = CONFIGURATION.replacen(right, wrong, 1);
            assert_ne!(text, CONFIGURATION, "{right} is in the configuration");
            fs::write(program.configuration(), &text)?;
            let place = format!("postbook.toml:{}: ", line_of(&text, line)?);
            for command in ["check", "serve"] {
                let said = complaint(&program, &[command])?;
                assert!(said.contains(&place), "{place} is missing: {said}");
                for word in words.iter().filter(|word| **word != "key") {
                    assert!(said.contains(word), "{word} is missing: {said}");
                }
            }
            assert!(!program.folder().join("data").exists(), "nothing was made");
        }
        fs::write(program.configuration(), CONFIGURATION)?;
        let application = queueing("support").replace("do = \"queue\"", "do = \"qeue\"");
        fs::write(program.folder().join("support.toml"), &application)?;
        let said = complaint(&program, &["check"])?;
        let place = format!("support.toml:{}: ", line_of(&application, "do = \"qeue\"")?);
        assert!(said.contains(&place) && said.contains("\"queue\""), "{said}");
        fs::write(program.folder().join("support.toml"), queueing("support"))?;
        assert!(program.text(&["check"])?.contains("is in order"));
        fs::remove_file(program.configuration())?;
        let said = complaint(&program, &["serve"])?;
        assert!(said.contains("postbook.toml") && said.contains("--config"), "{said}");
        Ok(())
    })
}

#[test]
fn a_wrong_configuration_changes_nothing_in_a_data_folder() -> Result<()> {
    journey(Needs::Nothing, |stage| {
        let mut program = install(stage)?;
        program.start(&["status"])?;
        write(&program, "one")?;
        wait_for_contacts(&program, 1)?;
        program.stop()?;
        let events = program.text(&["log", "tail", "--json", "--from", "1"])?;
        fs::write(program.configuration(), CONFIGURATION.replace("\"keep\"", "\"forget\""))?;
        complaint(&program, &["serve"])?;
        assert_eq!(program.text(&["log", "tail", "--json", "--from", "1"])?, events);

        // A queue someone waits in cannot go.
        let text =
            CONFIGURATION.replace("name = \"support\"\n\n[[agent]]", "name = \"x\"\n[[agent]]");
        fs::write(program.configuration(), text.replace("[\"support\"]", "[\"x\"]"))?;
        fs::write(program.folder().join("support.toml"), queueing("x"))?;
        let said = complaint(&program, &["serve"])?;
        assert!(said.contains("1 open contact belongs to queue `support`"), "{said}");

        fs::write(program.configuration(), CONFIGURATION)?;
        fs::write(program.folder().join("support.toml"), queueing("support"))?;
        program.start(&["status"])?;
        assert_eq!(program.json(&["queue", "support"])?.as_array().map(Vec::len), Some(1));
        Ok(())
    })
}

#[test]
fn unknown_names_are_refused_and_change_nothing() -> Result<()> {
    journey(Needs::Nothing, |stage| {
        let mut program = install(stage)?;
        program.start(&["status"])?;
        write(&program, "one")?;
        wait_for_contacts(&program, 1)?;
        program.text(&["agent", "ready", "1001"])?;
        until("the copy is delivered", || {
            let agents = program.json(&["agent", "list"])?;
            let outbox = program.json(&["outbox", "list"])?;
            let sent = outbox.as_array().is_some_and(Vec::is_empty);
            Ok((agents[0]["state"] == "email" && sent).then_some(()))
        })?;
        let before = head(&program)?;
        let cases: [(&[&str], &str); 15] = [
            (&["agent", "ready", "9999"], "there is no agent 9999; `postbook agent list`"),
            (&["agent", "not-ready", "9999"], "there is no agent 9999"),
            (&["agent", "sign-out", "9999"], "there is no agent 9999"),
            (&["agent", "release", "9999"], "there is no agent 9999"),
            (&["agent", "ready", "me"], "digits are expected"),
            (&["queue", "nowhere"], "there is no queue `nowhere`; `postbook queue`"),
            (&["queue", "../x"], "is not a queue name"),
            (
                &["agent", "transfer", "1001", "--to-queue", "nowhere"],
                "there is no queue `nowhere`",
            ),
            (&["agent", "transfer", "1001", "--to-agent", "9999"], "there is no agent 9999"),
            (&["agent", "transfer", "1001", "--to-agent", "1001"], "with agent 1001 already"),
            (&["agent", "transfer", "1001", "--to-address", "support@support.test"], "our own"),
            (&["agent", "transfer", "1001"], "--to-agent"),
            (&["agent", "release", "1001", "00000-00000"], "there is no contact 00000-00000"),
            (&["journal", "show", "00000-00000"], "there is no contact 00000-00000"),
            (&["outbox", "send-again", "1"], "outgoing mail 1 is not"),
        ];
        for (arguments, expected) in cases {
            let said = complaint(&program, arguments)?;
            assert!(said.contains(expected), "{arguments:?}: {said}");
        }
        assert_eq!(head(&program)?, before);
        Ok(())
    })
}

#[test]
fn without_a_server_questions_are_answered_and_commands_refused() -> Result<()> {
    journey(Needs::Nothing, |stage| {
        let mut program = install(stage)?;
        let said = complaint(&program, &["queue"])?;
        assert!(said.contains("there is no Postbook data in"), "{said}");
        assert!(!program.folder().join("data").exists());
        program.start(&["status"])?;
        write(&program, "one")?;
        wait_for_contacts(&program, 1)?;
        let questions: [&[&str]; 6] = [
            &["queue"],
            &["queue", "support"],
            &["agent", "list"],
            &["journal", "list"],
            &["outbox", "list"],
            &["quarantine", "list"],
        ];
        let ask = |program: &Program| -> Result<Vec<String>> {
            questions.iter().map(|question| program.text(question)).collect()
        };
        let running = ask(&program)?;
        // The socket stays behind.
        program.kill()?;
        assert!(program.folder().join("data/postbook.sock").exists());
        assert_eq!(ask(&program)?, running);
        program.text(&["log", "verify"])?;
        for arguments in
            [&["status"][..], &["agent", "ready", "1001"], &["quarantine", "show", "1"]]
        {
            let said = complaint(&program, arguments)?;
            assert!(said.contains("no server works on"), "{said}");
            assert!(said.contains("start one with `postbook serve`"), "{said}");
        }
        let said = complaint(&program, &["log", "tail", "--follow"])?;
        assert!(said.contains("no server works on"), "{said}");
        program.start(&["status"])
    })
}

#[test]
fn a_data_folder_has_one_owner_and_a_known_format() -> Result<()> {
    journey(Needs::Nothing, |stage| {
        let mut program = install(stage)?;
        program.start(&["status"])?;
        write(&program, "one")?;
        wait_for_contacts(&program, 1)?;
        let said = complaint(&program, &["serve"])?;
        assert!(said.contains("is in use by another Postbook: stop that one"), "{said}");
        // The first one does not mind.
        write(&program, "two")?;
        wait_for_contacts(&program, 2)?;
        program.stop()?;

        let format = program.folder().join("data/log/format");
        let known = fs::read_to_string(&format)?;
        fs::write(&format, "postbook-log 99\n")?;
        for arguments in [&["serve"][..], &["log", "verify"], &["queue"]] {
            let said = complaint(&program, arguments)?;
            assert!(said.contains("written in format 99 by a newer Postbook"), "{said}");
            assert!(said.contains("start the newer version"), "{said}");
        }
        fs::write(&format, known)?;
        program.start(&["status"])?;
        wait_for_contacts(&program, 2)
    })
}

#[test]
fn the_log_is_followed_until_the_reader_goes() -> Result<()> {
    journey(Needs::Nothing, |stage| {
        let mut program = install(stage)?;
        program.start(&["status"])?;
        let mut follower = Command::new(harness::binary()?)
            .args(["log", "tail", "--follow", "--json", "--from", "1", "--config"])
            .arg(program.configuration())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut lines = BufReader::new(follower.stdout.take().context("a pipe")?).lines();
        write(&program, "one")?;
        let mut next = |wanted: &str| -> Result<()> {
            for line in lines.by_ref() {
                if line?.contains(wanted) {
                    return Ok(());
                }
            }
            bail!("the follower ended before {wanted}")
        };
        next("ContactArrived")?;
        program.text(&["agent", "ready", "1001"])?;
        next("ContactAssigned")?;
        drop(lines);
        // It ends without a complaint once nobody reads.
        write(&program, "two")?;
        let status = until("the follower ends", || Ok(follower.try_wait()?))?;
        assert!(status.success(), "{status}");
        program.stop()
    })
}
