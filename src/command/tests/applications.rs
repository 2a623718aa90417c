//! What applications do with contacts, action by action.

use application::CheckedMail;
use event::{
    Address, AgentNumber, ApplicationRef, ContactId, DirectoryEntry, Fact, Hours, Line,
    RunningContacts, Schedule, Setting, Step, Timer, WeeklyHours,
};
use projections::{Errand, OpenContact, Place, What};

use super::world::{APPLICATION, SENT, SLOW_APPLICATION, World, directory, refused};
use crate::{Command, Fire, LoadDirectory, Publish, RecordWebhook, Rejection, SupplyMail};

/// A file whose second action is `body`; what it calls `good` is the queue `support`, and `bad` the
/// queue `sales`.
pub(crate) fn file(body: &str) -> String {
    let mut text = format!(
        "start = \"arrive\"\n\
         [action.arrive]\n\
         do = \"wait for e-mail\"\n\
         exit.mail = \"here\"\n\
         [action.here]\n\
         {body}\n\
         [action.over]\n\
         do = \"end\"\n"
    );
    for (name, queue) in [("good", "support"), ("bad", "sales")] {
        if body.contains(&format!("\"{name}\"")) {
            text +=
                &format!("[action.{name}]\ndo = \"queue\"\nqueue = \"{queue}\"\nthen = \"over\"\n");
        }
    }
    text
}

pub(crate) fn world(body: &str) -> World {
    World::with(&file(body), vec![Setting::WebhookHosts(vec!["localhost:9".to_owned()])])
}

pub(crate) fn open(world: &World, contact: ContactId) -> &OpenContact {
    world.state.hot().contacts.get(contact).unwrap()
}

/// The queue a contact waits in.
pub(crate) fn queue(world: &World, contact: ContactId) -> String {
    match &open(world, contact).place {
        Place::Waiting { line, .. } => line.to_string(),
        place => panic!("{place:?}"),
    }
}

/// The action and the exit of every step, and why it was taken.
pub(crate) fn steps(world: &World) -> Vec<(String, String)> {
    let taken = world.log.iter().filter_map(|event| match &event.fact {
        Fact::Step(event::StepFact::ActionTaken(taken)) => {
            let exit = taken.exit.as_ref().map_or("", |exit| exit.as_str());
            let why = event.text().unwrap_or_default().to_owned();
            Some((format!("{} {exit}", taken.step.action), why))
        }
        _ => None,
    });
    taken.collect()
}

pub(crate) fn count(world: &World, name: &str) -> usize {
    world.log.iter().filter(|event| event.fact.name() == name).count()
}

pub(crate) fn step_of(world: &World, contact: ContactId) -> Step {
    match world.state.hot().errands.get(contact) {
        Some(Errand::Mail { step } | Errand::Webhook { step, .. }) => step.clone(),
        None => panic!("no errand"),
    }
}

const TABLE: &str = r#"
do = "check e-mail"
exit.otherwise = "bad"
exit.error = "bad"
[[action.here.row]]
body = { contains = "refund" }
subject = { contains = "invoice" }
to = "good"
"#;

#[test]
fn a_table_that_looks_at_the_text_asks_for_the_mail_again() {
    let mut world = world(TABLE);
    for (number, subject, text, expected) in [
        (1, "Invoice 7", "I want a REFUND.", "support"),
        (2, "Invoice 8", "Thanks.", "sales"),
        (3, "Hello", "refund", "sales"),
    ] {
        let contact = world.arrive(number, "jo@customer.test");
        assert_eq!(open(&world, contact).place, Place::Application);
        let step = step_of(&world, contact);
        let (subject, text) = (subject.to_owned(), text.to_owned());
        let mail = Ok(CheckedMail { subject, text, ..CheckedMail::default() });
        let supply = Command::SupplyMail(Box::new(SupplyMail { contact, step, mail }));
        world.give(supply.clone());
        assert_eq!(queue(&world, contact), expected);
        assert_eq!(world.give(supply), [], "it is asked once");
    }
    let reasons: Vec<String> = steps(&world).into_iter().map(|(_, why)| why).collect();
    assert!(reasons.iter().any(|why| why.contains("refund")), "{reasons:?}");
}

#[test]
fn mail_that_cannot_be_read_again_takes_the_error_exit() {
    let mut world = world(TABLE);
    let contact = world.arrive(1, "jo@customer.test");
    let step = step_of(&world, contact);
    let mail = Err("the message store does not have it".to_owned());
    world.give(Command::SupplyMail(Box::new(SupplyMail { contact, step, mail })));
    assert_eq!(queue(&world, contact), "sales");
    assert_eq!(count(&world, "ActionFailed"), 1);
}

#[test]
fn conditions_decide_and_a_failing_one_takes_the_error_exit() {
    for (condition, expected) in [
        ("contact.subject.startsWith('mail') && queue.support.waiting == 0", "support"),
        ("contact.sender.endsWith('@other.test')", "sales"),
        ("int(contact.subject) > 3", "sales"),
    ] {
        let mut world = world(&format!(
            "do = \"branch\"\nwhen = \"{condition}\"\nexit = {{ yes = \"good\", no = \"bad\", error = \"bad\" }}"
        ));
        let contact = world.arrive(1, "jo@customer.test");
        assert_eq!(queue(&world, contact), expected, "{condition}");
        assert_eq!(count(&world, "ActionFailed"), usize::from(condition.starts_with("int")));
    }
}

#[test]
fn conditions_see_agents_and_queues_as_they_are_now() {
    let mut world = world(
        "do = \"branch\"\nwhen = \"agents.not_ready == 1 && queue.sales.waiting == 1\"\n\
         exit = { yes = \"good\", no = \"bad\", error = \"bad\" }",
    );
    world.not_ready(1001);
    for (number, expected) in [(1, "sales"), (2, "support"), (3, "support")] {
        let contact = world.arrive(number, "jo@customer.test");
        assert_eq!(queue(&world, contact), expected);
    }
}

#[test]
fn parameters_and_notes_are_rendered_and_tags_kept() {
    let mut world = world(
        "do = \"set parameter\"\nparameter = \"wf.name\"\nvalue = \"{{ contact.subject|upper }}\"\n\
         then = \"note\"\n\
         [action.note]\ndo = \"note\"\ntext = \"is {{ wf.name }}\"\nthen = \"tag\"\n\
         [action.tag]\ndo = \"tag\"\ntag = \"loud\"\nthen = \"good\"",
    );
    let contact = world.arrive(1, "jo@customer.test");
    let open = open(&world, contact);
    assert_eq!(open.parameters.values().collect::<Vec<_>>(), [&Some("MAIL 1".to_owned())]);
    assert_eq!(open.tags.iter().map(ToString::to_string).collect::<Vec<_>>(), ["loud"]);
    let noted = world.log.iter().find(|event| event.fact.name() == "ContactNoted").unwrap();
    assert_eq!(noted.text(), Some("is MAIL 1"));
}

#[test]
fn a_contact_waits_for_one_agent_and_goes_on_where_they_do_not_come() {
    let body = "do = \"route to agent\"\nagent = 1002\nwait = \"5 min\"\n\
                exit = { \"no agent\" = \"bad\", \"timed out\" = \"good\" }";
    let mut world = world(body);
    let absent = world.arrive(1, "jo@customer.test");
    assert_eq!(queue(&world, absent), "sales");
    world.not_ready(1002);
    let late = world.arrive(2, "jo@customer.test");
    assert_eq!(queue(&world, late), "agent 1002");
    world.now = world.now.plus_ms(5 * 60 * 1000);
    let (_, timer) = world.state.hot().timers.next().unwrap();
    world.give(Command::Fire(crate::Fire { timer }));
    assert_eq!(queue(&world, late), "support");
    let served = world.arrive(3, "jo@customer.test");
    for other in [1001, 1003, 1002] {
        world.ready(other);
    }
    let Place::Held { agent, .. } = open(&world, served).place else { panic!() };
    assert_eq!(agent, AgentNumber(1002));
    assert_eq!(open(&world, served).course, None, "an agent has it");
    assert_eq!(world.state.hot().timers.next(), None);
}

#[test]
fn the_last_agent_of_the_thread_is_found_by_a_variable() {
    for agent in ["{{ thread.last_handling_agent }}", "$Email:LastHandlingAgent"] {
        let body = format!(
            "do = \"route to agent\"\nagent = \"{agent}\"\nwait = \"5 min\"\n\
             exit = {{ \"no agent\" = \"good\", \"timed out\" = \"bad\" }}"
        );
        let mut world = world(&body);
        let first = world.arrive(1, "jo@customer.test");
        assert_eq!(queue(&world, first), "support");
        world.ready(1003);
        world.not_ready(1003);
        let thread = open(&world, first).thread;
        let second = world.arrive_with(2, "jo@customer.test", |mail| mail.answers = Some(thread));
        assert_eq!(queue(&world, second), "agent 1003", "{agent}");
    }
}

#[test]
fn a_contact_is_passed_to_an_address_and_comes_back_where_that_fails() {
    let body = "do = \"transfer to address\"\naddress = \"partner@other.test\"\n\
                exit = { failed = \"good\", error = \"bad\" }";
    let mut world = world(body);
    let gone = world.arrive(1, "jo@customer.test");
    let to = world.state.hot().outbox.iter().find_map(|(_, entry)| match &entry.what {
        What::Copy { to, .. } => to.clone(),
        _ => None,
    });
    assert_eq!(to, Address::new("partner@other.test").ok());
    world.send_all(&SENT);
    assert!(world.state.hot().contacts.get(gone).is_none(), "it ended");
    let back = world.arrive(2, "jo@customer.test");
    world.give(super::world::start());
    assert!(open(&world, back).is_forwarded(), "a restart leaves it on its way");
    world.send_all(&refused(550));
    assert_eq!(queue(&world, back), "support");
}

#[test]
fn an_address_of_our_own_is_an_error() {
    let body = "do = \"transfer to address\"\naddress = \"support@desk.test\"\n\
                exit = { failed = \"good\", error = \"bad\" }";
    let mut world = world(body);
    let contact = world.arrive(1, "jo@customer.test");
    assert_eq!(queue(&world, contact), "sales");
}

pub(crate) const HOOK: &str = r#"
do = "call webhook"
url = "http://localhost:9/crm"
body = "{\"from\": {{ contact.sender }}}"
result = { "wf.tier" = "/customer/tier" }
exit = { answered = "good", failed = "bad", error = "bad" }
"#;

pub(crate) fn answer(contact: ContactId, step: Step, status: Option<u16>, text: &str) -> Command {
    let text = text.to_owned();
    Command::RecordWebhook(RecordWebhook { contact, step, status, text, attempts: 1 })
}

#[test]
fn another_program_is_asked_once_and_its_answer_is_kept() {
    for (status, text, expected, tier) in [
        (Some(200), r#"{"customer":{"tier":"gold"}}"#, "support", Some("gold")),
        (Some(200), r#"{"customer":{"tier":3}}"#, "support", Some("3")),
        (Some(204), "not JSON", "sales", None),
        (Some(500), "{}", "sales", None),
        (None, "it hung", "sales", None),
    ] {
        let mut world = world(HOOK);
        let contact = world.arrive(1, "jo@customer.test");
        let asked = world.log.iter().find_map(|event| event.call()).unwrap();
        assert_eq!(asked.body, r#"{"from": "jo@customer.test"}"#);
        // A crash before the answer asks again, under the same key.
        let step = step_of(&world, contact);
        world.give(super::world::start());
        assert_eq!(step_of(&world, contact).visit, step.visit);
        world.give(answer(contact, step.clone(), status, text));
        assert_eq!(queue(&world, contact), expected, "{status:?} {text}");
        let found = open(&world, contact).parameters.values().next().cloned().flatten();
        assert_eq!(found.as_deref(), tier);
        assert_eq!(world.give(answer(contact, step, status, text)), [], "one answer counts");
    }
}

#[test]
fn hosts_that_are_not_listed_are_never_called() {
    let mut world =
        World::with(&file(HOOK), vec![Setting::WebhookHosts(vec!["localhost:9".to_owned()])]);
    world.give(Command::LoadSettings(crate::LoadSettings { settings: Vec::new() }));
    let contact = world.arrive(1, "jo@customer.test");
    assert_eq!(queue(&world, contact), "sales");
    assert_eq!(count(&world, "WebhookRequested"), 0);
    assert_eq!(count(&world, "ActionFailed"), 1);
}

#[test]
fn an_application_runs_another_and_goes_on_behind_it() {
    let mut world = world("do = \"tag\"\ntag = \"x\"\nthen = \"good\"");
    let part = "start = \"mark\"\n\
                [action.mark]\ndo = \"tag\"\ntag = \"part\"\nthen = \"over\"\n\
                [action.over]\ndo = \"end\"\n";
    let publish = |name: &str, text: String| {
        Command::Publish(Publish { name: name.parse().unwrap(), text, files: Vec::new() })
    };
    world.give(publish("part", part.to_owned()));
    let twice = "do = \"run application\"\napplication = \"part\"\nthen = \"again\"\n\
                 [action.again]\ndo = \"run application\"\napplication = \"part\"\nthen = \"good\"";
    world.give(publish("support", file(twice)));
    let contact = world.arrive(1, "jo@customer.test");
    assert_eq!(queue(&world, contact), "support");
    assert_eq!(open(&world, contact).course, None, "the outermost application ended, too");
    assert_eq!(count(&world, "SubApplicationEntered"), 2);
    assert_eq!(count(&world, "ContactTagged"), 2);
    let in_circle = file("do = \"run application\"\napplication = \"support\"\nthen = \"good\"");
    let Err(Rejection::Application(error)) =
        world.try_give(event::Actor::Engine, publish("support", in_circle))
    else {
        panic!()
    };
    assert!(error.to_string().contains("circle"), "{error}");
}

#[test]
fn the_clock_decides() {
    let body = "do = \"choose by schedule\"\nschedule = \"office\"\n\
                exit = { open = \"good\", closed = \"bad\", holiday = \"bad\" }";
    let mut world = World::with(super::world::APPLICATION, Vec::new());
    let LoadDirectory { mut entries, private } = directory(&[1001, 1002, 1003]);
    // 1970-01-01 was a Thursday; the world begins at 00:16:40.
    let hours = vec![WeeklyHours { weekday: 4, hours: Hours { from: 0, to: 60 } }];
    let name = "office".parse().unwrap();
    let schedule = Schedule { name, zone: "UTC".to_owned(), hours, days: Vec::new() };
    entries.push(DirectoryEntry::Schedule(schedule));
    world.give(Command::LoadDirectory(LoadDirectory { entries, private }));
    let (name, text) = ("support".parse().unwrap(), file(body));
    world.give(Command::Publish(Publish { name, text, files: Vec::new() }));
    let early = world.arrive(1, "jo@customer.test");
    assert_eq!(queue(&world, early), "support");
    world.now = world.now.plus_ms(60 * 60 * 1000);
    let closed = world.arrive(2, "jo@customer.test");
    assert_eq!(queue(&world, closed), "sales");

    let body = "do = \"set parameter\"\nparameter = \"wf.opens\"\n\
                value = \"{{ schedule.office.next_open }}\"\n\
                then = \"good\"\nexit.error = \"bad\"";
    let (name, text) = ("support".parse().unwrap(), file(body));
    world.give(Command::Publish(Publish { name, text, files: Vec::new() }));
    let told = world.arrive(3, "jo@customer.test");
    let opens = open(&world, told).parameters[&"wf.opens".parse().unwrap()].clone();
    assert_eq!(opens.as_deref(), Some("1970-01-08 00:00"), "next Thursday");
}

#[test]
fn contacts_finish_in_their_version_or_move_as_the_settings_say() {
    for (running, expected) in [(RunningContacts::Finish, 1), (RunningContacts::Move, 2)] {
        let body = "do = \"wait\"\nwait = \"1 h\"\nthen = \"good\"";
        let mut world = World::with(&file(body), vec![Setting::RunningContacts(running)]);
        let contact = world.arrive(1, "jo@customer.test");
        let text = file("do = \"wait\"\nwait = \"2 h\"\nthen = \"bad\"");
        let name: event::ApplicationName = "support".parse().unwrap();
        world.give(Command::Publish(Publish { name: name.clone(), text, files: Vec::new() }));
        assert_eq!(open(&world, contact).application, ApplicationRef { name, version: expected });
        world.now = world.now.plus_ms(2 * 60 * 60 * 1000);
        let (_, timer) = world.state.hot().timers.next().unwrap();
        world.give(Command::Fire(crate::Fire { timer }));
        assert_eq!(queue(&world, contact), if expected == 1 { "support" } else { "sales" });
    }
}

#[test]
fn a_part_cannot_take_the_mail_of_a_mailbox() {
    let mut world = World::new();
    let text = "start = \"over\"\n[action.over]\ndo = \"end\"\n".to_owned();
    let name = "support".parse().unwrap();
    let publish = Command::Publish(Publish { name, text, files: Vec::new() });
    let Err(Rejection::Application(error)) = world.try_give(event::Actor::Engine, publish) else {
        panic!()
    };
    assert!(error.to_string().contains("must start with"), "{error}");
}

#[test]
fn what_an_application_would_still_do_ends_with_the_assignment() {
    let body = "do = \"queue\"\nqueue = \"support\"\nthen = \"patience\"\n\
                [action.patience]\ndo = \"wait\"\nwait = \"1 h\"\nthen = \"bad\"";
    let mut world = world(body);
    let waiting = world.arrive(1, "jo@customer.test");
    let entered = match &open(&world, waiting).place {
        Place::Waiting { entered, .. } => *entered,
        place => panic!("{place:?}"),
    };
    world.now = world.now.plus_ms(60 * 60 * 1000);
    let (_, timer) = world.state.hot().timers.next().unwrap();
    world.give(Command::Fire(crate::Fire { timer }));
    assert!(
        matches!(&open(&world, waiting).place, Place::Waiting { line: Line::Queue(queue), entered: since, .. }
            if queue.as_str() == "sales" && *since == entered),
        "it goes on waiting elsewhere, since when it came"
    );
    world.ready(1001);
    let held = world.arrive(2, "jo@customer.test");
    world.ready(1002);
    assert!(matches!(open(&world, held).place, Place::Held { .. }));
    assert_eq!(open(&world, held).course, None);
}

#[test]
fn a_version_that_nobody_is_in_need_not_be_readable_for_ever() {
    let mut world = World::with(SLOW_APPLICATION, Vec::new());
    let contact = world.arrive(1, "jo@customer.test");
    let published = |version, text: &str| Fact::ApplicationPublished {
        application: ApplicationRef { name: "support".parse().unwrap(), version },
        text: text.to_owned(),
    };
    let mut other_times = world.log[0].clone();
    other_times.fact = published(2, "written for a program of other times");
    world.log.push(other_times);
    world.happen(published(3, APPLICATION));
    world.now = world.now.plus_ms(60_000);
    world.give(Command::Fire(Fire { timer: Timer::WaitOver(contact) }));
    assert_eq!(queue(&world, contact), "support");
    let paused = world.log.iter().filter(|event| event.fact.name() == "ApplicationPaused").count();
    let newest = world.arrive(2, "jo@customer.test");
    assert_eq!((paused, queue(&world, newest)), (1, "support".to_owned()));
}
