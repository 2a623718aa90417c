//! Applications that go in circles, end in odd places, or are run again from their start.

use event::{
    ApplicationRef, ContactId, DeliveryOutcome, DirectoryEntry, Fact, Line, OutgoingId, Position,
    Setting,
};
use projections::{CourseAt, Place};

use super::applications::{HOOK, answer, count, file, open, queue, step_of, steps, world};
use super::world::{SENT, World, directory, refused, start};
use crate::{Command, Fire, LoadDirectory, Publish, Rejection};

const HOUR_MS: u64 = 60 * 60 * 1000;

/// What is due next happens, an hour later.
fn pass_an_hour(world: &mut World) {
    world.now = world.now.plus_ms(HOUR_MS);
    let (_, timer) = world.state.hot().timers.next().unwrap();
    world.give(Command::Fire(Fire { timer }));
}

fn publish(world: &mut World, name: &str, text: &str) {
    let (name, text) = (name.parse().unwrap(), text.to_owned());
    world.give(Command::Publish(Publish { name, text, files: Vec::new() }));
}

#[test]
fn who_goes_in_circles_rests_and_holds_up_nobody() {
    let mut world = World::new();
    // Its check would not let it pass.
    world.happen(Fact::ApplicationPublished {
        application: ApplicationRef { name: "support".parse().unwrap(), version: 2 },
        text: file("do = \"tag\"\ntag = \"x\"\nthen = \"here\""),
    });
    let contact = world.arrive(1, "jo@customer.test");
    let rests = |world: &World, contact: ContactId| {
        let course = open(world, contact).course.as_ref().unwrap();
        matches!(course.at, CourseAt::Paused { .. })
    };
    assert!(rests(&world, contact));
    assert_eq!(count(&world, "ActionFailed"), 1);
    pass_an_hour(&mut world);
    assert!(rests(&world, contact));
    assert_eq!(count(&world, "ActionFailed"), 2);
}

#[test]
fn who_cannot_be_forwarded_waits_on_where_they_waited() {
    let body = "do = \"queue\"\nqueue = \"sales\"\npriority = 7\nthen = \"patience\"\n\
                [action.patience]\ndo = \"wait\"\nwait = \"1 h\"\nthen = \"away\"\n\
                [action.away]\ndo = \"transfer to address\"\naddress = \"partner@other.test\"\n\
                exit = { failed = \"over\", error = \"over\" }";
    let mut world = world(body);
    let contact = world.arrive(1, "jo@customer.test");
    let before = open(&world, contact).place.clone();
    assert!(matches!(&before, Place::Waiting { priority: 7, .. }), "{before:?}");
    pass_an_hour(&mut world);
    assert!(open(&world, contact).is_forwarded());
    world.send_all(&refused(550));
    assert_eq!((&open(&world, contact).place, &open(&world, contact).course), (&before, &None));
    world.ready(1001);
    assert_eq!(world.holder(contact), Some(1001));
}

#[test]
fn a_forwarded_mail_that_comes_back_later_is_an_alarm() {
    let body = "do = \"transfer to address\"\naddress = \"partner@other.test\"\n\
                exit = { failed = \"good\", error = \"bad\" }";
    let mut world = world(body);
    let contact = world.arrive(1, "jo@customer.test");
    let forwarded = world.log.iter().position(|event| event.fact.name() == "ContactForwarded");
    let outgoing = OutgoingId(Position(forwarded.unwrap() as u64 + 1));
    world.send_all(&SENT);
    assert!(world.state.hot().contacts.get(contact).is_none(), "it ended");
    let facts = world.report(5, outgoing, DeliveryOutcome::Failed);
    assert_eq!(World::names(&facts), ["DeliveryReported", "ActionFailed"]);
    assert_eq!(world.state.hot().failures.iter().count(), 1);
    let facts = world.report(6, outgoing, DeliveryOutcome::Failed);
    assert_eq!(World::names(&facts), ["DeliveryReported"], "once");
}

#[test]
fn an_application_that_ends_while_one_agent_is_awaited_leaves_nobody_there() {
    let route = "do = \"route to agent\"\nagent = 1002\nwait = \"1 h\"\nthen = \"over\"";
    let queued = format!(
        "do = \"queue\"\nqueue = \"sales\"\npriority = 7\nthen = \"route\"\n[action.route]\n{route}"
    );
    for (body, is_queued) in [(queued.as_str(), true), (route, false)] {
        let mut world = world(body);
        world.not_ready(1002);
        let contact = world.arrive(1, "jo@customer.test");
        assert_eq!(queue(&world, contact), "agent 1002");
        let entered = |world: &World| match &open(world, contact).place {
            Place::Waiting { entered, .. } => *entered,
            place => panic!("{place:?}"),
        };
        let before = entered(&world);
        pass_an_hour(&mut world);
        if is_queued {
            assert_eq!((queue(&world, contact).as_str(), entered(&world)), ("sales", before));
        } else {
            assert_eq!(count(&world, "ContactReleased"), 1);
        }
    }
}

#[test]
fn a_note_is_written_once() {
    let body = "do = \"note\"\ntext = \"a note\"\nthen = \"patience\"\n\
                [action.patience]\ndo = \"wait\"\nwait = \"1 h\"\nthen = \"good\"";
    let mut world = world(body);
    let contact = world.arrive(1, "jo@customer.test");
    world.give(start());
    pass_an_hour(&mut world);
    assert_eq!((count(&world, "ContactNoted"), queue(&world, contact).as_str()), (1, "support"));
}

#[test]
fn an_answer_that_could_not_be_used_cannot_be_used_after_a_restart() {
    let body = HOOK.replace("error = \"bad\"", "error = \"patience\"");
    let body = format!("{body}\n[action.patience]\ndo = \"wait\"\nwait = \"1 h\"\nthen = \"bad\"");
    let mut world = world(&body);
    let contact = world.arrive(1, "jo@customer.test");
    let step = step_of(&world, contact);
    world.give(answer(contact, step, Some(200), "not JSON"));
    world.give(start());
    pass_an_hour(&mut world);
    assert_eq!(queue(&world, contact), "sales");
    assert!(!steps(&world).iter().any(|(step, _)| step == "here answered"));
    assert_eq!(count(&world, "WebhookRequested"), 1, "it is not asked again");
}

#[test]
fn a_queue_that_a_running_part_leads_to_stays() {
    let part = |queue: &str| {
        format!(
            "start = \"patience\"\n\
             [action.patience]\ndo = \"wait\"\nwait = \"1 h\"\nthen = \"line up\"\n\
             [action.\"line up\"]\ndo = \"queue\"\nqueue = \"{queue}\"\nthen = \"over\"\n\
             [action.over]\ndo = \"end\"\n"
        )
    };
    let mut world = World::with(super::world::APPLICATION, Vec::<Setting>::new());
    publish(&mut world, "part", &part("sales"));
    publish(
        &mut world,
        "support",
        &file("do = \"run application\"\napplication = \"part\"\nthen = \"over\"\n"),
    );
    let contact = world.arrive(1, "jo@customer.test");
    publish(&mut world, "part", &part("support"));
    let LoadDirectory { mut entries, private } = directory(&[1001, 1002, 1003]);
    entries.retain(|entry| match entry {
        DirectoryEntry::Queue { name } => name.as_str() != "sales",
        _ => true,
    });
    let load = Command::LoadDirectory(LoadDirectory { entries, private });
    let refused = world.try_give(event::Actor::Engine, load);
    let Err(Rejection::Load(problems)) = refused else { panic!("{refused:?}") };
    assert!(problems.iter().any(|problem| problem.to_string().contains("sales")), "{problems:?}");
    pass_an_hour(&mut world);
    assert!(matches!(&open(&world, contact).place,
        Place::Waiting { line: Line::Queue(queue), .. } if queue.as_str() == "sales"));
}
