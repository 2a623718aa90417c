//! Loading a configuration: all of it, or nothing and every reason why not.

use event::{
    Actor, AgentNumber, CommandId, ContactId, DirectoryEntry, PrivateEntry, RunningContacts,
    Schedule, Setting,
};

use super::world::{APPLICATION, SLOW_APPLICATION, World, directory};
use crate::{
    Affected, Command, Envelope, LoadConfiguration, LoadProblem, LoadSettings, Publish, Rejection,
};

/// An application for the mailbox `sales`, whose actions name all that can go.
const SALES: &str = r#"
start = "arrival"
[action.arrival]
do = "wait for e-mail"
mailboxes = ["sales"]
exit.mail = "hours"
[action.hours]
do = "choose by schedule"
schedule = "office hours"
exit.open = "line up"
exit.closed = "line up"
exit.holiday = "line up"
[action."line up"]
do = "queue"
queue = "sales"
skills = ["german"]
then = "finish"
[action.finish]
do = "end"
"#;

fn publish(name: &str, text: &str) -> Publish {
    Publish { name: name.parse().unwrap(), text: text.to_owned(), files: Vec::new() }
}

/// The configuration of the world: two queues, two mailboxes with an application each, a skill and a
/// schedule.
fn configuration() -> LoadConfiguration {
    let mut directory = directory(&[1001, 1002, 1003]);
    for entry in &mut directory.entries {
        if let DirectoryEntry::Mailbox { name, application } = entry
            && name.as_str() == "sales"
        {
            *application = "sales".parse().unwrap();
        }
    }
    directory.entries.push(DirectoryEntry::Skill { name: "german".parse().unwrap() });
    directory.entries.push(DirectoryEntry::Schedule(Schedule {
        name: "office hours".parse().unwrap(),
        zone: "UTC".to_owned(),
        hours: Vec::new(),
        days: Vec::new(),
    }));
    let settings = LoadSettings { settings: vec![Setting::ReleaseOnReply(true)] };
    let publish = vec![publish("support", APPLICATION), publish("sales", SALES)];
    LoadConfiguration { directory, settings, publish }
}

fn load(configuration: &LoadConfiguration) -> Command {
    Command::LoadConfiguration(Box::new(configuration.clone()))
}

/// A configuration without what `gone` says.
fn without(gone: impl Fn(&DirectoryEntry) -> bool) -> LoadConfiguration {
    let mut configuration = configuration();
    configuration.directory.entries.retain(|entry| !gone(entry));
    configuration
}

/// Loads what must be refused; nothing changes, and a rehearsal says the same.
fn refused(world: &mut World, configuration: &LoadConfiguration) -> Vec<LoadProblem> {
    let before = world.state.hot().clone();
    let envelope = Envelope {
        id: CommandId(0),
        time: world.now,
        actor: Actor::Engine,
        command: load(configuration),
    };
    let rehearsed = world.state.rehearse(&envelope).unwrap_err();
    let refusal = world.try_give(Actor::Engine, load(configuration)).unwrap_err();
    assert_eq!(rehearsed, refusal);
    assert_eq!(*world.state.hot(), before);
    let Rejection::Load(problems) = refusal else { panic!("{refusal:?}") };
    problems
}

fn texts(problems: &[LoadProblem]) -> Vec<String> {
    problems.iter().map(LoadProblem::to_string).collect()
}

#[test]
fn a_configuration_is_loaded_as_a_whole_and_once() {
    let mut world = World::new();
    let facts = world.give(load(&configuration()));
    let names = ["DirectoryLoaded", "SettingsLoaded", "ApplicationPublished"];
    assert_eq!(World::names(&facts), names, "the text of `support` is published already");
    assert_eq!(world.give(load(&configuration())), []);
    let hot = world.state.hot();
    assert!(hot.directory.settings.release_on_reply);
    assert!(hot.directory.newest(&"sales".parse().unwrap()).is_some());
}

#[test]
fn a_rehearsal_changes_nothing() {
    let world = World::new();
    let before = world.state.hot().clone();
    let (id, time, actor) = (CommandId(0), world.now, Actor::Engine);
    let envelope = Envelope { id, time, actor, command: load(&configuration()) };
    assert_eq!(world.state.rehearse(&envelope), Ok(3));
    assert_eq!(*world.state.hot(), before);
}

#[test]
fn what_was_published_since_is_not_undone() {
    let mut world = World::new();
    let newer = publish("support", SLOW_APPLICATION);
    world.give(Command::Publish(newer));
    world.give(load(&configuration()));
    let (version, text) = world.state.hot().directory.newest(&"support".parse().unwrap()).unwrap();
    assert_eq!((version.version, text), (2, SLOW_APPLICATION));
    // A text that is new is published, though.
    let mut changed = configuration();
    changed.publish[0].text = APPLICATION.replace("finish", "done");
    let facts = world.give(load(&changed));
    assert_eq!(World::names(&facts), ["ApplicationPublished"]);
}

#[test]
fn an_application_may_come_together_with_what_it_names() {
    // It names a queue, a schedule, a skill and a mailbox that are not in the directory before.
    let mut world = World::new();
    world.give(Command::LoadDirectory(directory(&[1001])));
    world.give(load(&configuration()));
    // One that names what does not come is refused, and so is everything else.
    let mut wrong = without(|entry| matches!(entry, DirectoryEntry::Schedule(_)));
    wrong.publish[1].text = SALES.replace("finish", "done");
    let problems = texts(&refused(&mut world, &wrong));
    let [problem] = problems.as_slice() else { panic!("{problems:?}") };
    assert!(problem.starts_with("application sales: line 9: there is no schedule"), "{problem}");
}

#[test]
fn contacts_move_to_the_version_that_comes_with_the_setting() {
    let mut world = World::with(SLOW_APPLICATION, Vec::new());
    let contact = world.arrive(1, "jo@customer.test");
    let mut changed = configuration();
    changed.settings.settings.push(Setting::RunningContacts(RunningContacts::Move));
    let facts = world.give(load(&changed));
    assert!(World::names(&facts).contains(&"ApplicationEntered"), "{facts:?}");
    let open = world.state.hot().contacts.get(contact).unwrap();
    assert_eq!(open.application.version, 2);
}

#[test]
fn everything_that_would_be_left_alone_is_told_at_once() {
    let mut world = World::new();
    let mut full = configuration();
    full.publish[0].text =
        APPLICATION.replace("queue = \"support\"", "queue = \"support\"\nskills = [\"german\"]");
    let (number, skill) = (AgentNumber(1001), "german".parse().unwrap());
    full.directory.entries.push(DirectoryEntry::AgentSkill { number, skill, level: 5 });
    world.give(load(&full));
    let waiting: Vec<ContactId> =
        (1..=7).map(|number| world.arrive(number, "jo@customer.test")).collect();
    world.ready(1001);
    // The first one waits for 1002, who needs no skill for it; the second one is with 1001.
    let to = crate::Destination::Agent(AgentNumber(1002));
    let agent = Some(AgentNumber(1001));
    world.give(Command::Transfer(crate::Transfer { agent, contact: None, to, note: None }));
    let only = without(|entry| match entry {
        DirectoryEntry::Queue { name } => name.as_str() == "support",
        DirectoryEntry::Agent { number, .. } => number.0 == 1002,
        DirectoryEntry::Mailbox { name, .. } => name.as_str() == "support",
        DirectoryEntry::Skill { .. } => true,
        _ => false,
    });
    let mut only = only;
    only.directory
        .private
        .retain(|entry| !matches!(entry, PrivateEntry::Agent { number, .. } if number.0 == 1002));
    let problems = refused(&mut world, &only);
    let affected = |contacts: &[ContactId]| Affected(contacts.to_vec());
    assert_eq!(
        problems[..4],
        [
            LoadProblem::Queue("support".parse().unwrap(), affected(&waiting)),
            LoadProblem::Agent(AgentNumber(1002), affected(&waiting[..1])),
            LoadProblem::Mailbox("support".parse().unwrap(), affected(&waiting)),
            LoadProblem::Skill("german".parse().unwrap(), affected(&waiting[1..])),
        ]
    );
    let told = texts(&problems);
    let (first, second) = (waiting[0], waiting[1]);
    let names: Vec<String> = waiting.iter().map(ToString::to_string).collect();
    let expected = [
        format!("7 open contacts belong to queue `support`, which the new directory does not have: {} and 2 more; move those that wait (`postbook contact move {first} --to-queue QUEUE`)", names[..5].join(", ")),
        format!("1 open contact waits for agent 1002, whom the new directory does not have: {first}; move them"),
        "7 open contacts came to mailbox `support`".to_owned(),
        format!("6 open contacts need the skill `german`, which the new directory does not have: {second}"),
        "application sales v1 is in force: action `line up`, line 16: there is no skill `german`; publish a version that does without it first (`postbook application publish sales FILE`)".to_owned(),
    ];
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    for (told, expected) in told.iter().zip(&expected) {
        assert!(told.starts_with(expected), "{told} is not {expected}");
    }
}

#[test]
fn what_applications_in_force_name_stays() {
    type Gone = (&'static str, fn(&DirectoryEntry) -> bool, &'static str);
    let cases: [Gone; 4] = [
        (
            "queue",
            |it| matches!(it, DirectoryEntry::Queue { name } if name.as_str() == "sales"),
            "action `line up`, line 15: there is no queue `sales`",
        ),
        (
            "skill",
            |it| matches!(it, DirectoryEntry::Skill { .. }),
            "action `line up`, line 16: there is no skill `german`",
        ),
        (
            "schedule",
            |it| matches!(it, DirectoryEntry::Schedule(_)),
            "action `hours`, line 9: there is no schedule `office hours`",
        ),
        (
            "mailbox",
            |it| matches!(it, DirectoryEntry::Mailbox { name, .. } if name.as_str() == "sales"),
            "",
        ),
    ];
    for (what, gone, expected) in cases {
        let mut world = World::new();
        world.give(load(&configuration()));
        let smaller = without(gone);
        if expected.is_empty() {
            // Nobody sends mail to the application any more that names it.
            world.give(load(&smaller));
            continue;
        }
        let told = texts(&refused(&mut world, &smaller));
        let [told] = told.as_slice() else { panic!("{what}: {told:?}") };
        assert!(told.contains(expected), "{what}: {told}");
        // The mailbox that sends mail there may go together with it.
        let both = without(|entry| {
            gone(entry)
                || matches!(entry, DirectoryEntry::Mailbox { name, .. } if name.as_str() == "sales")
        });
        world.give(load(&both));
    }
}

#[test]
fn a_mailbox_that_an_application_of_another_names_stays() {
    let mut world = World::new();
    let mut both = configuration();
    both.publish[0].text = APPLICATION.replace(
        "do = \"wait for e-mail\"",
        "do = \"wait for e-mail\"\nmailboxes = [\"support\", \"sales\"]",
    );
    world.give(load(&both));
    let mut smaller = without(
        |entry| matches!(entry, DirectoryEntry::Mailbox { name, .. } if name.as_str() == "sales"),
    );
    smaller.publish.clear();
    let told = texts(&refused(&mut world, &smaller));
    let [told] = told.as_slice() else { panic!("{told:?}") };
    assert!(told.contains("application support v2 is in force: action `arrival`, line 5: there is no mailbox `sales`"), "{told}");
}
