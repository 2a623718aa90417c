//! Applications are published and tried on a running server, ask other programs, and answer.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result, bail};
use harness::{Customer, Mail, Needs, Question, WebServer, journey, until};
use serde_json::{Value, json};

use super::main_job::check_no_trace;
use super::office::{Office, Plan, SUPPORT, agnes, ann, queueing, waiting};

/// Writes a mail to the mailbox `support`, and gives its contact once it has arrived as number `count`.
fn write(office: &Office<'_>, count: usize, subject: &str, body: &str) -> Result<String> {
    office.servers.submit(&ann().write(SUPPORT, &[], subject, body))?;
    office.arrival(count)
}

/// The action and the exit of every step that a contact took.
fn steps(office: &Office<'_>, contact: &str) -> Result<Vec<String>> {
    let taken = office.all("ActionTaken")?;
    let own = taken.iter().filter(|taken| taken.text("contact") == contact);
    let step = |fact: &Value| {
        let action = fact["step"]["action"].as_str().unwrap_or_default();
        format!("{action} {}", fact["exit"].as_str().unwrap_or("ends"))
    };
    Ok(own.map(|taken| step(&taken.fact)).collect())
}

/// Waits until a contact has left an action by an exit.
fn wait_for_step(office: &Office<'_>, contact: &str, step: &str) -> Result<()> {
    until(&format!("{contact}: {step}"), || {
        Ok(steps(office, contact)?.iter().any(|taken| taken == step).then_some(()))
    })
}

fn head(office: &Office<'_>) -> Result<u64> {
    office.program.json(&["status"])?["head"].as_u64().context("the log has a head")
}

/// What a command that must fail complains about.
fn refused(office: &Office<'_>, arguments: &[&str]) -> Result<String> {
    let output = office.program.run(arguments)?;
    if output.status.success() {
        bail!("`postbook {}` succeeds", arguments.join(" "));
    }
    Ok(String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_new_version_is_for_what_arrives_from_then_on() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let plan = Plan { application: waiting(5), ..Plan::default() };
        let mut office = Office::open(stage, &plan)?;
        let old = write(&office, 1, "old", "First.")?;
        let file = office.program.folder().join("new.toml");
        fs::write(&file, waiting(0).replace("queue = \"support\"", "queue = \"sales\""))?;
        let publish = ["application", "publish", "support", "new.toml"];
        assert_eq!(office.program.text(&publish)?, "published: version 2 of support\n");
        let listed = office.program.json(&["application", "list"])?;
        let support =
            listed.as_array().context("a list")?.iter().find(|it| it["name"] == "support");
        let support = support.context("support is listed")?;
        assert_eq!((&support["version"], &support["mailboxes"]), (&json!(2), &json!(["support"])));
        assert!(support["by"].is_string(), "{support}");
        let new = write(&office, 2, "new", "Second.")?;
        office.wait_for_state(&new, "waiting in sales")?;
        office.wait_for_state(&old, "waiting in support")?;
        let listed = office.program.text(&["application", "list"])?;
        assert!(listed.contains("1 in version 1, 1 in version 2"), "{listed}");

        // The same again is no version; what cannot work is none either, and changes nothing.
        let before = head(&office)?;
        let again = office.program.text(&publish)?;
        assert_eq!(again, "unchanged: it is version 2 of support already\n");
        fs::write(&file, queueing("nowhere").replace("exit.queued", "exit.qeued"))?;
        let complaint = refused(&office, &publish)?;
        for words in ["new.toml:5: ", "no exit `qeued`", "new.toml:8: ", "no queue `nowhere`"] {
            assert!(complaint.contains(words), "{words}: {complaint}");
        }
        let checked =
            office.program.run(&["application", "check", "new.toml", "--name", "support"])?;
        assert_eq!(checked.status.code(), Some(1));
        let checked = String::from_utf8_lossy(&checked.stdout).into_owned();
        assert!(checked.contains("no queue `nowhere`") && checked.contains("server"), "{checked}");
        assert_eq!(head(&office)?, before);

        // What is drawn is what happened.
        let graph = office.program.json(&["application", "graph", "support", "--from", "1h"])?;
        let counts: BTreeMap<String, u64> = graph["edges"]
            .as_array()
            .context("edges")?
            .iter()
            .map(|edge| {
                let exit = edge["exit"].as_str().unwrap_or_default().to_owned();
                (exit, edge["count"].as_u64().unwrap_or_default())
            })
            .collect();
        let expected = ["mail", "over", "queued"].map(|exit| (exit.to_owned(), 2));
        assert_eq!(counts, BTreeMap::from(expected));
        let diff = office.program.text(&["application", "diff", "support@1", "support"])?;
        assert!(diff.contains("`queue` is \"sales\", and was \"support\""), "{diff}");
        assert_eq!(
            office.program.text(&["application", "show", "support", "--version", "1"])?,
            waiting(5)
        );
        office.verify()?;

        // A stopped data folder tells the same.
        office.program.stop()?;
        let graph_again = ["application", "graph", "support", "--from", "1h"];
        assert_eq!(office.program.json(&graph_again)?, graph);
        let listed_again = office.program.text(&["application", "list"])?;
        assert_eq!(listed_again, listed);
        let show = ["application", "show", "support", "--version", "1"];
        assert_eq!(office.program.text(&show)?, waiting(5));
        assert!(refused(&office, &publish)?.contains("no server works on"));
        Ok(())
    })
}

#[test]
fn an_application_is_tried_and_nothing_happens() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let office = Office::open(stage, &Plan::default())?;
        let text = waiting(3600).replace("\"wait\"", "\"wait\" # for an hour");
        fs::write(office.program.folder().join("new.toml"), text)?;
        let mail = ann().write(SUPPORT, &[], "parcel", "Where is it?");
        fs::write(office.program.folder().join("parcel.eml"), mail.raw)?;
        let before = head(&office)?;
        let test = ["application", "test", "new.toml", "parcel.eml", "--name", "support"];
        let tested = office.program.json(&test)?;
        let tried = &tested["mails"][0];
        let exits: Vec<&str> = tried["steps"]
            .as_array()
            .context("steps")?
            .iter()
            .filter_map(|step| step["exit"].as_str())
            .collect();
        assert_eq!(exits, ["mail", "over", "queued"]);
        assert_eq!(tried["end"]["queue"], "support");
        assert_eq!(tried["steps"][0]["application"], "support v2");
        let told = office.program.text(&test)?;
        assert!(told.contains("waits for 1 h") && told.contains("over at once"), "{told}");
        assert_eq!(head(&office)?, before);
        assert_eq!(office.contacts()?.len(), 0);
        Ok(())
    })
}

/// Passes every mail on to an address.
pub(crate) fn forwarding(address: &str) -> String {
    format!(
        "start = \"arrive\"\n\
         [action.arrive]\ndo = \"wait for e-mail\"\nexit.mail = \"away\"\n\
         [action.away]\ndo = \"transfer to address\"\naddress = \"{address}\"\n\
         exit = {{ failed = \"line up\", error = \"line up\" }}\n\
         [action.\"line up\"]\ndo = \"queue\"\nqueue = \"support\"\nthen = \"over\"\n\
         [action.over]\ndo = \"end\"\n"
    )
}

#[test]
fn whoever_a_mail_is_forwarded_to_answers_the_customer() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let (ann, partner) = (ann(), agnes());
        let office = Office::open(
            stage,
            &Plan { application: forwarding(&partner.address), ..Plan::default() },
        )?;
        let contact = write(&office, 1, "tax", "Do I pay tax?")?;
        let copy = office.newest_mail(&partner.address, 1)?;
        office.wait_for_state(&contact, "released")?;
        office.servers.submit(&partner.reply(&copy, "No tax."))?;
        let answer = office.newest_mail(&ann.address, 1)?;
        assert!(answer.text().starts_with("No tax."), "{}", answer.text());
        check_no_trace(&answer, &partner);
        assert_eq!(office.wait_for("ReplyReceived", 1)?[0].text("late"), "Released");
        Ok(())
    })
}

/// Asks another program about every mail; what it answers decides the queue.
fn asking(host: &str, timeout: &str) -> String {
    format!(
        "start = \"arrival\"\n[action.arrival]\ndo = \"wait for e-mail\"\nexit.mail = \"ask\"\n\
         [action.ask]\ndo = \"call webhook\"\nurl = \"http://{host}/level?key=s3cret\"\n\
         body = '{{\"subject\": {{{{ contact.subject }}}}}}'\ntimeout = \"{timeout}\"\nattempts = 1\n\
         result = {{ \"wf.level\" = \"/level\" }}\n\
         exit.answered = \"pause\"\nexit.failed = \"line\"\nexit.error = \"line\"\n\
         [action.pause]\ndo = \"wait\"\nwait = \"1 h\"\nexit.over = \"line\"\n\
         [action.line]\ndo = \"queue\"\nqueue = \"support\"\nthen = \"finish\"\n\
         [action.finish]\ndo = \"end\"\n"
    )
}

fn asking_plan(server: &WebServer, timeout: &str) -> Plan {
    let settings = format!("webhook_hosts = [\"{}\"]\n", server.host());
    let application = asking(&server.host(), timeout);
    Plan { application, settings: settings.leak(), ..Plan::default() }
}

/// So many questions may be open at once.
const QUESTIONS_MAX: usize = 32;

#[test]
fn a_program_that_hangs_holds_up_no_other_mail() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let server = WebServer::start(GOLD)?;
        let mut plan = asking_plan(&server, "5 min");
        let check = "exit.mail = \"look\"\n[action.look]\ndo = \"check e-mail\"\n\
                     exit.otherwise = \"ask\"\nexit.error = \"ask\"\n\
                     [[action.look.row]]\nbody = { contains = \"urgent\" }\nto = \"line\"\n";
        plan.application = plan.application.replace("exit.mail = \"ask\"\n", check);
        let office = Office::open(stage, &plan)?;
        for _ in 0..=QUESTIONS_MAX {
            office.servers.submit(&ann().write(SUPPORT, &[], "please hang", "?"))?;
        }
        until(
            "all places are taken",
            || Ok((server.asked().len() >= QUESTIONS_MAX).then_some(())),
        )?;
        let urgent = write(&office, QUESTIONS_MAX + 2, "help", "It is urgent.")?;
        office.wait_for_state(&urgent, "waiting in support")
    })
}

const GOLD: &str = "{\"level\": \"gold\"}";

#[test]
fn other_programs_are_asked_and_their_failures_lead_on() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let server = WebServer::start(GOLD)?;
        let office = Office::open(stage, &asking_plan(&server, "2 s"))?;
        for (count, (subject, step)) in [
            ("hello", "ask answered"),
            ("please hang", "ask failed"),
            ("a flood", "ask failed"),
            ("close it", "ask failed"),
        ]
        .into_iter()
        .enumerate()
        {
            let contact = write(&office, count + 1, subject, "?")?;
            wait_for_step(&office, &contact, step)?;
            if step.ends_with("failed") {
                office.wait_for_state(&contact, "waiting in support")?;
            }
        }
        let set = office.all("ParameterSet")?;
        assert_eq!(set.len(), 1);
        assert_eq!(
            (set[0].text("parameter"), &set[0].private),
            ("wf.level".into(), &json!({"Text": "gold"}))
        );
        let asked = server.asked();
        assert_eq!(asked.len(), 4, "each was asked once: {asked:?}");
        assert!(asked[0].body.contains("\"hello\""), "{asked:?}");
        // No log line and no journal holds what is secret in the address.
        assert!(!office.program.log().contains("s3cret"), "{}", office.program.log());
        office.verify()
    })
}

#[test]
fn an_answer_outlives_a_kill_and_a_question_is_asked_again() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let server = WebServer::start(GOLD)?;
        let mut office = Office::open(stage, &asking_plan(&server, "2 min"))?;
        let answered = write(&office, 1, "hello", "?")?;
        wait_for_step(&office, &answered, "ask answered")?;
        let hanging = write(&office, 2, "please hang", "?")?;
        until("both were asked", || Ok((server.asked().len() == 2).then_some(())))?;
        office.restart()?;
        until("the question is asked again", || Ok((server.asked().len() > 2).then_some(())))?;
        until("the answered one goes the same way", || {
            let taken = steps(&office, &answered)?;
            Ok((taken.iter().filter(|step| *step == "ask answered").count() == 2).then_some(()))
        })?;
        let asked: Vec<Question> = server.asked();
        assert_eq!(asked.len(), 3, "{asked:?}");
        assert_eq!(asked[1], asked[2], "the same question under the same key");
        assert_ne!(asked[0].key, asked[1].key);
        assert!(!asked[0].key.is_empty());
        assert_eq!(office.state(&hanging)?, "in application support v1");
        office.verify()
    })
}

/// Answers in two languages with HTML and a file; a subject of four letters makes it fail.
const ANSWERING: &str = r#"
start = "arrival"
[action.arrival]
do = "wait for e-mail"
exit.mail = "receipt"
[action.receipt]
do = "compose reply"
subject = "Received: {{ contact.subject }}"
default_language = "en"
text = { en = "Thank you. {{ 1 // (contact.subject | length - 4) }}", fr = "Merci beaucoup." }
html = { en = "<p>Thank <b>you</b>.</p>", fr = "<p>Merci <b>beaucoup</b>.</p>" }
attachments = ["terms.txt"]
exit.sent = "line"
exit.withheld = "line"
exit.error = "line"
[action.line]
do = "queue"
queue = "support"
then = "finish"
[action.finish]
do = "end"
"#;

#[test]
fn answers_come_in_the_customers_language_with_html_and_files() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let plan = Plan { application: ANSWERING.to_owned(), ..Plan::default() };
        let office = Office::install(stage, &plan)?;
        fs::write(office.program.folder().join("terms.txt"), "Ours.\n")?;
        let mut office = office;
        office.start()?;
        let french = "Bonjour, je n'ai toujours pas reçu mon colis. Pouvez-vous me dire quand il \
                      sera livré ? Je vous remercie d'avance pour votre aide.";
        let english = "Hello, I have not received my parcel yet. Could you please tell me when it \
                       will be delivered? Thank you very much for your help.";
        for (customer, body, text) in [
            ("fr@customer.test", french, "Merci beaucoup."),
            ("en@customer.test", english, "Thank you."),
        ] {
            let customer = Customer::new("Someone", customer);
            office.servers.submit(&customer.write(SUPPORT, &[], "a parcel", body))?;
            let answer = office.newest_mail(&customer.address, 1)?;
            assert_eq!(answer.subject(), "Received: a parcel");
            assert!(answer.text().starts_with(text), "{}", answer.source());
            let source = answer.source();
            for words in ["multipart/mixed", "multipart/alternative", "text/html", "terms.txt"] {
                assert!(source.contains(words), "{words}: {source}");
            }
        }
        // A text that cannot be made: the contact goes on, and somebody is told.
        let failing = write(&office, 3, "oops", "Hello?")?;
        office.wait_for_state(&failing, "waiting in support")?;
        assert_eq!(steps(&office, &failing)?[1], "receipt error");
        let status = office.program.text(&["status"])?;
        let alarm = "action `receipt` of application support failed once, last at ";
        assert!(status.contains(alarm), "{status}");
        assert!(status.contains(&format!("`postbook journal show {failing}`")), "{status}");
        let mails: Vec<Mail> = office.servers.mailbox(&ann().address)?;
        assert_eq!(mails.len(), 0);
        // A new version takes the alarm away; a restart does not.
        office.restart()?;
        assert!(office.program.text(&["status"])?.contains(alarm));
        fs::write(
            office.program.folder().join("support.toml"),
            ANSWERING.replace(" {{ 1 // (contact.subject | length - 4) }}", ""),
        )?;
        office.program.text(&["application", "publish", "support", "support.toml"])?;
        assert!(!office.program.text(&["status"])?.contains(alarm));
        Ok(())
    })
}
