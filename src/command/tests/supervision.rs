//! What supervisors do about contacts, wherever these are.

use event::{
    Actor, AgentChoice, AgentNumber, ContactId, DirectoryEntry, Fact, Line, PriorityReason,
    QueueReason, ReleaseReason, ServiceFact, Target, Timer,
};
use projections::Place;

use super::world::{SENT, SLOW_APPLICATION, World, directory};
use crate::{
    Assign, Command, Fire, LoadDirectory, Move, MoveTo, Park, Prioritise, Pull, Rejection, Release,
};

fn to_agent(contact: ContactId, agent: u32) -> Command {
    Command::Move(Move { contact, to: MoveTo::Agent(AgentNumber(agent)) })
}

fn to_queue(contact: ContactId, queue: &str) -> Command {
    Command::Move(Move { contact, to: MoveTo::Queue(queue.parse().unwrap()) })
}

fn assign(contact: ContactId, agent: u32) -> Command {
    Command::Assign(Assign { contact, agent: AgentNumber(agent) })
}

/// A directory of agents who serve these queues.
fn serving(agents: &[(u32, &[&str])]) -> LoadDirectory {
    let numbers: Vec<u32> = agents.iter().map(|(number, _)| *number).collect();
    let mut loaded = directory(&numbers);
    let entries = loaded.entries.iter_mut().filter_map(|entry| match entry {
        DirectoryEntry::Agent { number, queues, .. } => Some((*number, queues)),
        _ => None,
    });
    for ((_, queues), (_, served)) in entries.zip(agents) {
        *queues = served.iter().map(|queue| queue.parse().unwrap()).collect();
    }
    loaded
}

fn prioritise(contact: ContactId, priority: u8) -> Command {
    Command::Prioritise(Prioritise { contact, priority })
}

fn release(contact: ContactId) -> Command {
    Command::Release(Release { agent: None, contact: Some(contact) })
}

/// Where a contact is before a supervisor does something about it.
#[derive(Clone, Copy, Debug)]
enum Before {
    Waiting,
    Held,
    Parked,
}

/// A contact that is there; agent 1001 had it, and is not ready now.
fn contact(before: Before) -> (World, ContactId) {
    let mut world = World::new();
    let contact = world.arrive(1, "jo@customer.test");
    if !matches!(before, Before::Waiting) {
        world.ready(1001);
        world.send_all(&SENT);
        world.not_ready(1001);
    }
    if matches!(before, Before::Parked) {
        let agent = AgentNumber(1001);
        let park = Park { agent, contact: None, until: None, until_answer: true };
        world.act(1001, Command::Park(park)).unwrap();
    }
    (world, contact)
}

#[test]
fn a_contact_is_moved_wherever_it_is_and_keeps_its_wait() {
    for before in [Before::Waiting, Before::Held, Before::Parked] {
        let (mut world, contact) = contact(before);
        let since = world.state.hot().contacts.get(contact).unwrap().lined_up;
        let facts = world.supervise(to_queue(contact, "sales")).unwrap();
        let (taken, queued) = facts.split_at(facts.len() - 1);
        let sales = Target::Queue("sales".parse().unwrap());
        match before {
            Before::Held => assert!(matches!(
                taken,
                [Fact::ContactTransferred { from: AgentNumber(1001), to, .. }] if *to == sales
            )),
            Before::Waiting | Before::Parked => assert_eq!(taken, []),
        }
        let [Fact::ContactQueued { line, entered, reason: QueueReason::Moved, .. }] = queued else {
            panic!("{facts:?}")
        };
        assert_eq!((line, *entered), (&Line::Queue("sales".parse().unwrap()), since));
        assert_eq!(world.supervise(to_queue(contact, "sales")), Ok(Vec::new()), "it is there");
        world.supervise(to_agent(contact, 1002)).unwrap();
        world.ready(1003);
        assert_eq!(world.holder(contact), None, "{before:?}");
        world.ready(1002);
        assert_eq!(world.holder(contact), Some(1002), "{before:?}");
    }
}

#[test]
fn a_contact_is_given_to_an_agent_who_is_at_work_whatever_they_serve() {
    for before in [Before::Waiting, Before::Parked] {
        let (mut world, contact) = contact(before);
        world.give(Command::LoadDirectory(serving(&[(1003, &["sales"])])));
        world.not_ready(1003);
        let since = world.state.hot().contacts.get(contact).unwrap().lined_up;
        let facts = world.supervise(assign(contact, 1003)).unwrap();
        let [
            Fact::ContactAssigned { waited_ms, agent: AgentNumber(1003), .. },
            Fact::Service(ServiceFact::AssignmentExplained(explained)),
        ] = facts.as_slice()
        else {
            panic!("{facts:?}")
        };
        assert_eq!(*waited_ms, world.now.ms_since(since), "{before:?}");
        assert_eq!((explained.choice, explained.level), (AgentChoice::Assigned, 0));
        let Place::Held { line, entered, .. } = world.place(contact) else { panic!("it is held") };
        assert_eq!((line, entered), (Line::Queue("support".parse().unwrap()), since));
    }
}

#[test]
fn a_contact_goes_to_nobody_who_is_away_or_has_enough() {
    let (mut world, held) = contact(Before::Held);
    let waiting = world.arrive(2, "ann@customer.test");
    let agent = AgentNumber;
    let pull = |contact, agent| Command::Pull(Pull { contact, agent: AgentNumber(agent) });
    for (command, expected) in [
        (assign(waiting, 1002), Rejection::SignedOut(agent(1002))),
        (assign(waiting, 1001), Rejection::AtCapacity(agent(1001), 1)),
        (assign(waiting, 7), Rejection::UnknownAgent(agent(7))),
        (assign(held, 1001), Rejection::SameAgent(agent(1001), held)),
        (assign(held, 1002), Rejection::HeldByAnother(agent(1001), held, agent(1002))),
        (pull(waiting, 1002), Rejection::SignedOut(agent(1002))),
        (pull(waiting, 1001), Rejection::AtCapacity(agent(1001), 1)),
    ] {
        assert_eq!(world.supervise(command), Err(expected));
    }
    world.supervise(release(held)).unwrap();
    world.give(Command::LoadDirectory(serving(&[(1001, &["support"]), (1002, &["sales"])])));
    world.not_ready(1002);
    let support = Line::Queue("support".parse().unwrap());
    let refused = world.act(1002, pull(waiting, 1002));
    assert_eq!(refused, Err(Rejection::NotServed(agent(1002), support)));
    let facts = world.act(1001, pull(waiting, 1001)).unwrap();
    let Some(Fact::Service(ServiceFact::AssignmentExplained(explained))) = facts.get(1) else {
        panic!("{facts:?}")
    };
    assert_eq!(explained.choice, AgentChoice::Pulled);
    assert_eq!(world.holder(waiting), Some(1001));
    let refused = world.act(1001, pull(waiting, 1001));
    assert_eq!(refused, Err(Rejection::AtCapacity(agent(1001), 1)));
}

#[test]
fn an_application_does_not_undo_what_a_person_decides() {
    let text = SLOW_APPLICATION
        .replace("exit.mail = \"pause\"", "exit.mail = \"first\"")
        .replace("queue = \"support\"", "queue = \"sales\"")
        + "[action.first]\ndo = \"queue\"\nqueue = \"support\"\nexit.queued = \"pause\"\n";
    for moved in [false, true] {
        let mut world = World::with(&text, Vec::new());
        let contact = world.arrive(1, "jo@customer.test");
        if moved {
            world.supervise(to_agent(contact, 1002)).unwrap();
            let hot = world.state.hot();
            assert_eq!(hot.contacts.get(contact).unwrap().course, None);
            assert_eq!(hot.timers.due(Timer::WaitOver(contact)), None);
        }
        world.now = world.now.plus_ms(120_000);
        world.give(Command::Fire(Fire { timer: Timer::WaitOver(contact) }));
        let Place::Waiting { line, .. } = world.place(contact) else { panic!("it waits") };
        let sales = Line::Queue("sales".parse().unwrap());
        assert_eq!(line, if moved { Line::Agent(AgentNumber(1002)) } else { sales });
    }
}

#[test]
fn a_move_that_leads_nowhere_is_refused() {
    let (mut world, held) = contact(Before::Held);
    let same = Rejection::SameAgent(AgentNumber(1001), held);
    let cases = [
        (to_agent(held, 1001), same),
        (to_agent(held, 7), Rejection::UnknownAgent(AgentNumber(7))),
        (to_queue(held, "lost"), Rejection::UnknownQueue("lost".parse().unwrap())),
        (
            to_queue(ContactId::from_bytes([7; 8]), "sales"),
            Rejection::UnknownContact(ContactId::from_bytes([7; 8])),
        ),
        (prioritise(held, 9), Rejection::NotWaiting(held)),
    ];
    for (command, expected) in cases {
        assert_eq!(world.supervise(command), Err(expected));
    }
    world.supervise(release(held)).unwrap();
    assert_eq!(world.supervise(to_queue(held, "sales")), Err(Rejection::NotOpen(held)));
    let mut world = World::with(SLOW_APPLICATION, Vec::new());
    let running = world.arrive(1, "jo@customer.test");
    let refused = world.supervise(to_queue(running, "sales"));
    assert_eq!(refused, Err(Rejection::NotToMove(running)));
}

#[test]
fn a_contact_with_a_higher_priority_is_served_first() {
    let mut world = World::new();
    let [first, second] = [1, 2].map(|number| world.arrive(number, "jo@customer.test"));
    let facts = world.supervise(prioritise(second, 9)).unwrap();
    let [Fact::Service(ServiceFact::PriorityChanged(changed))] = facts.as_slice() else {
        panic!("{facts:?}")
    };
    assert_eq!((changed.priority, changed.reason), (9, PriorityReason::Person));
    assert_eq!(world.supervise(prioritise(second, 9)), Ok(Vec::new()));
    world.ready(1001);
    assert_eq!((world.holder(first), world.holder(second)), (None, Some(1001)));
}

#[test]
fn a_supervisor_ends_a_contact_wherever_it_is() {
    for before in [Before::Waiting, Before::Held, Before::Parked] {
        let (mut world, contact) = contact(before);
        let facts = world.supervise(release(contact)).unwrap();
        let [Fact::ContactReleased { agent, reason: ReleaseReason::Supervisor, .. }] =
            facts.as_slice()
        else {
            panic!("{facts:?}")
        };
        assert_eq!(agent.is_some(), !matches!(before, Before::Waiting));
        let hot = world.state.hot();
        assert!(hot.contacts.is_empty() && hot.queues.lines().next().is_none(), "{before:?}");
        assert_eq!(world.holder(contact), None);
    }
    // What a supervisor does in an agent's name is as if the agent did it.
    let (mut world, _) = contact(Before::Held);
    let named = Release { agent: Some(AgentNumber(1001)), contact: None };
    let facts = world.supervise(Command::Release(named)).unwrap();
    assert!(matches!(facts[..], [Fact::ContactReleased { reason: ReleaseReason::Agent, .. }]));
}

#[test]
fn agents_do_not_supervise() {
    let (mut world, contact) = contact(Before::Waiting);
    for command in [to_queue(contact, "sales"), to_agent(contact, 1002), prioritise(contact, 9)] {
        let refused = world.act(1002, command);
        assert_eq!(refused, Err(Rejection::ForSupervisors(AgentNumber(1002))));
    }
    let refused = world.act(1002, release(contact));
    assert_eq!(refused, Err(Rejection::NotHeld(AgentNumber(1002), contact)));
    assert!(matches!(world.place(contact), Place::Waiting { .. }));
    let nothing = Command::Release(Release { agent: None, contact: None });
    let refused = world.try_give(Actor::User("sam".parse().unwrap()), nothing);
    assert_eq!(refused.map(|(facts, _)| facts), Err(Rejection::NothingNamed));
}
