//! What decisions come to, told as short stories.

use event::{
    Actor, AgentNumber, AgentState, AutomaticKind, Check, CheckedBy, Fact, HeldContacts,
    LateReason, Line, MailRefusal, ReleaseReason, ReplyRefusal, RequeueReason, Setting, Timer,
    Verification,
};
use projections::{Place, SendState};

use super::world::{
    APPLICATION, SENT, SLOW_APPLICATION, World, agent_address, directory, incoming, refused, reply,
    start,
};
use crate::{
    Affected, Command, Destination, Finding, Fire, LoadProblem, Publish, Rejection, Release,
    SetDisposition, StartSend, Transfer,
};

fn transfer(agent: u32, to: Destination) -> Command {
    Command::Transfer(Transfer { agent: Some(AgentNumber(agent)), contact: None, to, note: None })
}

fn release(agent: u32) -> Command {
    Command::Release(Release { agent: Some(AgentNumber(agent)), contact: None })
}

#[test]
fn a_mail_goes_to_the_agent_and_the_answer_back() {
    let mut world = World::new();
    let contact = world.arrive(1, "jo@customer.test");
    let assigned = ["AgentStateChanged", "ContactAssigned", "AssignmentExplained"];
    assert_eq!(World::names(&world.ready(1001)), assigned);
    assert_eq!(World::names(&world.send_all(&SENT)), ["SendStarted", "ContactDelivered"]);
    assert_eq!(World::names(&world.answer(1, contact, 1001)), ["ReplyReceived"]);
    assert_eq!(World::names(&world.send_all(&SENT)), ["SendStarted", "ReplyRelayed"]);
    let code = "solved".parse().unwrap();
    let label = SetDisposition { agent: Some(AgentNumber(1001)), contact: None, code };
    world.give(Command::SetDisposition(label));
    assert_eq!(World::names(&world.give(release(1001))), ["ContactReleased"]);
    assert!(world.state.hot().contacts.is_empty());
    assert_eq!(world.state.hot().outbox.iter().count(), 0);
}

#[test]
fn what_was_found_out_about_a_sender_is_recorded_with_the_arrival_and_only_then() {
    let mut world = World::new();
    let unknown = world.arrive(1, "jo@customer.test");
    let verification =
        Verification { dmarc: Check::Pass, by: CheckedBy::Server, ..Verification::default() };
    let contact = world.arrive_with(2, "jo@customer.test", |mail| {
        mail.sender.verification = verification;
    });
    let about = |id| world.state.hot().contacts.get(id).unwrap().verification;
    assert_eq!(about(unknown), Verification::default());
    assert_eq!(about(contact), verification);
    let names: Vec<_> = world.log.iter().map(|event| event.fact.name()).collect();
    let arrival = names.iter().rposition(|name| *name == "ContactArrived").unwrap();
    assert_eq!(names[arrival + 1], "SenderChecked");
    assert_eq!(names.iter().filter(|name| **name == "SenderChecked").count(), 1);
}

#[test]
fn the_same_mail_is_one_contact() {
    let mut world = World::new();
    let contact = world.arrive(1, "jo@customer.test");
    let again = Command::ReceiveMail(Box::new(incoming(1, "jo@customer.test")));
    assert_eq!(world.give(again), [], "the same UID is accounted for");
    let mut moved = incoming(1, "jo@customer.test");
    moved.source.mark = event::Mark::Imap { uid_validity: 2, uid: 9 };
    let facts = world.give(Command::ReceiveMail(Box::new(moved.clone())));
    let [Fact::MailDuplicated { contact: of, .. }] = facts.as_slice() else { panic!("{facts:?}") };
    assert_eq!(*of, contact);
    assert_eq!(world.give(Command::ReceiveMail(Box::new(moved))), []);
    assert_eq!(world.state.hot().contacts.len(), 1);
}

#[test]
fn a_number_given_a_second_time_is_another_mail() {
    let mut world = World::new();
    let first = world.arrive(7, "jo@customer.test");
    let second = world.arrive_with(8, "eve@customer.test", |mail| {
        mail.source.mark = event::Mark::Imap { uid_validity: 1, uid: 7 };
    });
    assert_ne!(first, second);
    assert_eq!(world.state.hot().contacts.len(), 2);
}

#[test]
fn one_mail_in_two_mailboxes_is_two_contacts_and_a_repeated_id_is_flagged() {
    let mut world = World::new();
    world.arrive(1, "jo@customer.test");
    world.arrive_with(2, "jo@customer.test", |mail| {
        mail.parsed.message_id = Some("1@test".to_owned());
    });
    let flags = world.log.iter().filter_map(|event| match &event.fact {
        Fact::ContactArrived { repeated_message_id, .. } => Some(*repeated_message_id),
        _ => None,
    });
    assert_eq!(flags.collect::<Vec<_>>(), [false, true]);
}

#[test]
fn one_mail_in_two_mailboxes_is_answered_in_the_thread_of_each() {
    let mut world = World::new();
    let twice = |world: &mut World, uid: u32, mailbox: &str, answers: bool| {
        world.arrive_with(uid, "jo@customer.test", |mail| {
            mail.source.mailbox = mailbox.parse().unwrap();
            mail.parsed.message_id = Some(format!("{}@test", if answers { uid } else { 1 }));
            mail.parsed.in_reply_to = answers.then(|| "1@test".to_owned()).into_iter().collect();
        })
    };
    let support = twice(&mut world, 1, "support", false);
    let sales = twice(&mut world, 2, "sales", false);
    let thread = |world: &World, contact| world.state.hot().contacts.get(contact).unwrap().thread;
    assert_ne!(thread(&world, support), thread(&world, sales));
    for (uid, mailbox, first) in [(3, "support", support), (4, "sales", sales)] {
        let answer = twice(&mut world, uid, mailbox, true);
        assert_eq!(thread(&world, answer), thread(&world, first), "{mailbox}");
    }
    let flagged = world.log.iter().filter(|event| {
        matches!(event.fact, Fact::ContactArrived { repeated_message_id: true, .. })
    });
    assert_eq!(flagged.count(), 0, "one mail in two mailboxes repeats nothing");
}

#[test]
fn who_waits_longest_is_first_and_who_is_idle_longest_gets_it() {
    let mut world = World::new();
    let first = world.arrive(1, "a@customer.test");
    let second = world.arrive(2, "b@customer.test");
    world.ready(1002);
    world.ready(1001);
    let agents = &world.state.hot().agents;
    assert_eq!(agents.holder(first), Some(AgentNumber(1002)));
    assert_eq!(agents.holder(second), Some(AgentNumber(1001)));
    world.ready(1003);
    world.give(release(1002));
    let third = world.arrive(3, "c@customer.test");
    assert_eq!(world.state.hot().agents.holder(third), Some(AgentNumber(1003)));
}

#[test]
fn a_customers_answer_joins_its_thread_and_a_strangers_does_not() {
    let mut world = World::new();
    let first = world.arrive(1, "jo@customer.test");
    let quoting =
        |mail: &mut crate::ReceiveMail| mail.parsed.in_reply_to = vec!["1@test".to_owned()];
    let own = world.arrive_with(2, "jo@customer.test", quoting);
    let stranger = world.arrive_with(3, "eve@elsewhere.test", quoting);
    let invited = world.arrive_with(4, "eve@elsewhere.test", |mail| {
        mail.answers = Some(event::ThreadId(first));
    });
    let thread = |contact| world.state.hot().contacts.get(contact).unwrap().thread;
    assert_eq!(thread(own), thread(first));
    assert_eq!(thread(stranger).0, stranger);
    assert_eq!(thread(invited), thread(first));
}

#[test]
fn automatic_mail_of_a_thread_is_filed_and_other_mail_queues() {
    let mut world = World::new();
    world.arrive(1, "jo@customer.test");
    let mut vacation = incoming(2, "jo@customer.test");
    vacation.parsed.in_reply_to = vec!["1@test".to_owned()];
    vacation.parsed.automatic = Some(AutomaticKind::Answer);
    let facts = world.give(Command::ReceiveMail(Box::new(vacation.clone())));
    assert_eq!(World::names(&facts), ["MailFiled"]);
    vacation.source.mark = event::Mark::Imap { uid_validity: 1, uid: 3 };
    vacation.digest[0] ^= 1;
    vacation.parsed.in_reply_to.clear();
    let facts = world.give(Command::ReceiveMail(Box::new(vacation)));
    assert_eq!(facts.first().map(Fact::name), Some("ContactArrived"), "nobody would see it else");
}

#[test]
fn history_offered_again_under_a_new_numbering_stays_history() {
    let mut world = World::new();
    let source = incoming(100, "x@y.test").source;
    world.give(Command::ActivateMailbox(crate::ActivateMailbox { source }));
    let opened = world.now;
    let mut old = incoming(101, "x@y.test");
    old.source.mark = event::Mark::Imap { uid_validity: 2, uid: 1 };
    old.received = event::Timestamp(opened.0 - 60_000);
    let facts = world.give(Command::ReceiveMail(Box::new(old.clone())));
    let [Fact::MailRefused { reason: MailRefusal::History, .. }] = facts.as_slice() else {
        panic!("{facts:?}")
    };
    old.source.mark = event::Mark::Imap { uid_validity: 2, uid: 2 };
    old.received = opened;
    let facts = world.give(Command::ReceiveMail(Box::new(old)));
    assert_eq!(facts.first().map(Fact::name), Some("ContactArrived"));
}

#[test]
fn replies_are_refused_with_a_reason() {
    let mut world = World::new();
    let contact = world.arrive(1, "jo@customer.test");
    world.ready(1001);
    world.send_all(&SENT);
    let delivery = world.delivery(contact, 1001);
    let agent = agent_address(1001);
    let mut absent = reply(4, &agent, Finding::Delivery(delivery.clone()));
    absent.parsed.automatic = Some(AutomaticKind::Answer);
    let mut orphan = delivery.clone();
    orphan.customer = None;
    let cases = [
        (reply(1, &agent, Finding::NoToken), ReplyRefusal::NoToken, 0),
        (reply(2, &agent, Finding::Forged), ReplyRefusal::ForgedToken, 0),
        (reply(3, "eve@x.test", Finding::Delivery(delivery)), ReplyRefusal::WrongSender, 1),
        (absent, ReplyRefusal::Automatic, 0),
        (reply(5, &agent, Finding::Unknown), ReplyRefusal::UnknownDelivery, 0),
        (reply(6, &agent, Finding::Delivery(orphan)), ReplyRefusal::NoRecipient, 1),
    ];
    for (reply, expected, notices) in cases {
        let facts = world.give(Command::ReceiveReply(Box::new(reply)));
        let [Fact::ReplyRefused { reason, .. }, told @ ..] = facts.as_slice() else {
            panic!("{facts:?}")
        };
        assert_eq!(*reason, expected);
        assert_eq!(World::names(told), ["NoticeRequested"].repeat(notices), "{expected:?}");
    }
    let addressed = world.notices();
    assert_eq!(addressed, [agent.clone(), agent], "the mailbox it was delivered to is told");
    assert_eq!(World::names(&world.send_all(&SENT)), ["SendStarted", "NoticeSent"].repeat(2));
}

#[test]
fn case_094_a_reply_of_an_agent_who_left_is_refused() {
    let mut world = World::new();
    let contact = world.arrive(1, "jo@customer.test");
    world.ready(1001);
    world.send_all(&SENT);
    let release = Release { agent: None, contact: Some(contact) };
    world.give(Command::Release(release));
    world.give(Command::LoadDirectory(directory(&[1002, 1003])));
    let facts = world.answer(1, contact, 1001);
    let [Fact::ReplyRefused { reason, .. }, told] = facts.as_slice() else { panic!("{facts:?}") };
    assert_eq!(*reason, ReplyRefusal::NoRights);
    assert_eq!(told.name(), "NoticeRequested");
    assert_eq!(World::names(&world.send_all(&SENT)), ["SendStarted", "NoticeSent"]);
}

#[test]
fn the_same_reply_is_relayed_once() {
    let mut world = World::new();
    let contact = world.arrive(1, "jo@customer.test");
    world.ready(1001);
    world.send_all(&SENT);
    assert_eq!(World::names(&world.answer(1, contact, 1001)), ["ReplyReceived"]);
    let mut again = reply(1, &agent_address(1001), Finding::NoToken);
    again.source.mark = event::Mark::Imap { uid_validity: 1, uid: 50 };
    let facts = world.give(Command::ReceiveReply(Box::new(again)));
    assert_eq!(World::names(&facts), ["MailDuplicated"]);
}

#[test]
fn late_replies_are_relayed_and_marked() {
    let mut world = World::new();
    let contact = world.arrive(1, "jo@customer.test");
    world.ready(1001);
    world.send_all(&SENT);
    world.ready(1002);
    let facts = world.give(transfer(1001, Destination::Agent(AgentNumber(1002))));
    let names = ["ContactTransferred", "ContactQueued", "RuleAwaited", "ContactAssigned"];
    assert_eq!(World::names(&facts)[..4], names);
    let late = |facts: &[Fact]| match facts {
        [Fact::ReplyReceived { late, .. }] => *late,
        other => panic!("{other:?}"),
    };
    assert_eq!(late(&world.answer(1, contact, 1001)), Some(LateReason::Transferred));
    assert_eq!(late(&world.answer(2, contact, 1002)), None);
    world.give(release(1002));
    assert_eq!(late(&world.answer(3, contact, 1002)), Some(LateReason::Released));
    assert_eq!(world.state.hot().outbox.ready().count(), 3, "all three are sent");
}

#[test]
fn a_contact_transferred_to_an_agent_waits_for_that_agent_only() {
    let mut world = World::new();
    let contact = world.arrive(1, "jo@customer.test");
    world.ready(1001);
    world.ready(1003);
    world.give(transfer(1001, Destination::Agent(AgentNumber(1002))));
    let line = Line::Agent(AgentNumber(1002));
    assert_eq!(world.state.hot().queues.len(&line), 1);
    world.ready(1002);
    assert_eq!(world.state.hot().agents.holder(contact), Some(AgentNumber(1002)));
}

#[test]
fn a_contact_transferred_to_an_address_ends_once_the_copy_is_there() {
    let mut world = World::new();
    let contact = world.arrive(1, "jo@customer.test");
    world.ready(1001);
    world.send_all(&SENT);
    let own = transfer(1001, Destination::Address("support@desk.test".parse().unwrap()));
    let refusal = world.try_give(Actor::Engine, own).unwrap_err();
    assert_eq!(refusal, Rejection::OwnAddress);
    let out = Destination::Address("expert@partner.test".parse().unwrap());
    world.not_ready(1001);
    world.give(transfer(1001, out.clone()));
    let facts = world.send_all(&refused(550));
    let names = World::names(&facts);
    assert_eq!(names, ["SendStarted", "SendRefused", "ContactRequeued"], "it is not lost");
    world.ready(1001);
    world.send_all(&SENT);
    world.give(transfer(1001, out));
    let facts = world.send_all(&SENT);
    assert_eq!(World::names(&facts), ["SendStarted", "ContactDelivered", "ContactReleased"]);
    let record = world.state.archive().thread(event::ThreadId(contact)).unwrap().unwrap();
    let later = world.arrive_with(2, "jo@customer.test", |mail| {
        mail.answers = Some(event::ThreadId(contact));
    });
    assert_eq!(record.variables(later).last_handling_agent, ":expert@partner.test");
}

#[test]
fn the_thread_variables_follow_the_table() {
    for with_releases in [true, false] {
        let mut world = World::new();
        let variables = |world: &World, contact, thread| {
            let record = world.state.archive().thread(thread).unwrap().unwrap();
            let of = record.variables(contact);
            [
                of.last_handling_agent,
                of.other_handling_agents,
                of.internal_cc_addresses,
                of.external_cc_addresses,
            ]
        };
        let colleague = "colleague@business.test";
        let first = world.arrive_with(1, "jo@customer.test", |mail| {
            mail.parsed.to = vec!["support@desk.test".parse().unwrap()];
            mail.parsed.cc = vec![colleague.parse().unwrap()];
        });
        let thread = event::ThreadId(first);
        assert_eq!(variables(&world, first, thread), ["", "", "", colleague]);
        world.ready(1001);
        world.ready(1002);
        world.give(transfer(1001, Destination::Agent(AgentNumber(1002))));
        world.not_ready(1001);
        world.answer(1, first, 1001);
        if with_releases {
            world.not_ready(1002);
            world.give(release(1002));
        }
        let second = world.arrive_with(2, "jo@customer.test", |mail| {
            mail.answers = Some(thread);
            mail.parsed.to = vec!["support@desk.test".parse().unwrap()];
            mail.parsed.cc = vec![colleague.parse().unwrap()];
        });
        assert_eq!(variables(&world, second, thread), ["1002:a1002@desk.test", "", "", colleague]);
        world.ready(1003);
        let mut copied =
            reply(2, &agent_address(1003), Finding::Delivery(world.delivery(second, 1003)));
        copied.parsed.cc = vec!["sme@ext.test".parse().unwrap()];
        world.give(Command::ReceiveReply(Box::new(copied)));
        if with_releases {
            world.give(release(1003));
        }
        let third = world.arrive_with(3, "jo@customer.test", |mail| {
            mail.answers = Some(thread);
            mail.parsed.to = vec!["support@desk.test".parse().unwrap()];
        });
        let expected = ["1003:a1003@desk.test", "1002:a1002@desk.test", "sme@ext.test", ""];
        assert_eq!(variables(&world, third, thread), expected, "releases: {with_releases}");
    }
}

#[test]
fn a_copy_under_way_at_the_restart_goes_to_the_same_agent_again() {
    let mut world = World::new();
    let contact = world.arrive(1, "jo@customer.test");
    world.ready(1001);
    let outgoing = world.state.hot().outbox.ready().next().unwrap();
    world.give(Command::StartSend(StartSend { outgoing, withheld: Vec::new() }));
    world.give(start());
    assert_eq!(world.state.hot().agents.holder(contact), Some(AgentNumber(1001)));
    let timer = Timer::SendAgain(outgoing);
    assert_eq!(World::names(&world.give(Command::Fire(Fire { timer }))), ["TimerFired"]);
    assert_eq!(world.state.hot().outbox.get(outgoing).unwrap().state, SendState::Ready);
}

#[test]
fn a_restart_keeps_every_contact_where_it_was() {
    for held in [HeldContacts::Release, HeldContacts::Keep] {
        let mut world = World::with(APPLICATION, vec![Setting::RestartHeldContacts(held)]);
        let delivered = world.arrive(1, "a@customer.test");
        world.ready(1001);
        world.send_all(&SENT);
        let assigned = world.arrive(2, "b@customer.test");
        world.ready(1002);
        let waiting = world.arrive(3, "c@customer.test");
        let place = |world: &World, contact| {
            world.state.hot().contacts.get(contact).map(|open| open.place.clone())
        };
        let before = [assigned, waiting].map(|contact| place(&world, contact));
        world.not_ready(1001);
        let facts = world.give(start());
        assert_eq!([assigned, waiting].map(|contact| place(&world, contact)), before);
        let released = Fact::ContactReleased {
            contact: delivered,
            agent: Some(AgentNumber(1001)),
            reason: ReleaseReason::Restart,
        };
        assert_eq!(facts.contains(&released), held == HeldContacts::Release);
        assert_eq!(place(&world, delivered).is_some(), held == HeldContacts::Keep);
    }
}

#[test]
fn a_contact_in_its_application_enters_it_again_with_its_version() {
    let mut world = World::with(SLOW_APPLICATION, Vec::new());
    let contact = world.arrive(1, "jo@customer.test");
    let name = "support".parse().unwrap();
    world.give(Command::Publish(Publish { name, text: APPLICATION.to_owned(), files: Vec::new() }));
    let facts = world.give(start());
    let expected = ["EngineStarted", "ContactRestarted", "ActionTaken", "ApplicationPaused"];
    assert_eq!(World::names(&facts), expected);
    let open = world.state.hot().contacts.get(contact).unwrap();
    assert_eq!(open.application.version, 1);
    assert!(matches!(open.place, Place::Application));
    let (due, timer) = world.state.hot().timers.next().unwrap();
    world.now = due;
    world.give(Command::Fire(Fire { timer }));
    let open = world.state.hot().contacts.get(contact).unwrap();
    assert!(matches!(open.place, Place::Waiting { .. }), "{:?}", open.place);
    let newer = world.arrive(2, "jo@customer.test");
    assert_eq!(world.state.hot().contacts.get(newer).unwrap().application.version, 2);
}

#[test]
fn who_signs_out_leaves_nothing_behind() {
    let mut world = World::new();
    let contact = world.arrive(1, "jo@customer.test");
    world.ready(1001);
    let facts = world.set(1001, AgentState::SignedOut);
    let [_, Fact::ContactRequeued { reason: RequeueReason::SignedOut, .. }] = facts.as_slice()
    else {
        panic!("{facts:?}")
    };
    assert_eq!(world.state.hot().outbox.iter().count(), 0, "its copy is not sent any more");
    world.ready(1002);
    assert_eq!(world.state.hot().agents.holder(contact), Some(AgentNumber(1002)));
}

#[test]
fn a_directory_that_would_lose_contacts_is_refused() {
    let mut world = World::new();
    let contact = world.arrive(1, "jo@customer.test");
    let mut smaller = directory(&[1001]);
    smaller.entries.remove(0);
    let refusal = world.try_give(Actor::Engine, Command::LoadDirectory(smaller)).unwrap_err();
    let orphan = LoadProblem::Queue("support".parse().unwrap(), Affected(vec![contact]));
    assert_eq!(refusal, Rejection::Load(vec![orphan]));
    world.ready(1003);
    let facts = world.give(Command::LoadDirectory(directory(&[1001])));
    assert_eq!(World::names(&facts), ["DirectoryLoaded", "ContactRequeued"]);
    let gone = Command::SetAgentState(crate::SetAgentState {
        agent: AgentNumber(1003),
        state: AgentState::Ready,
    });
    let refusal = world.try_give(Actor::Engine, gone).unwrap_err();
    assert_eq!(refusal, Rejection::UnknownAgent(AgentNumber(1003)));
}

#[test]
fn an_agent_may_only_touch_what_they_hold() {
    let mut world = World::new();
    let contact = world.arrive(1, "jo@customer.test");
    world.ready(1001);
    let others = Command::Release(Release { agent: None, contact: Some(contact) });
    let stranger = Actor::Agent(AgentNumber(1002));
    let refusal = world.try_give(stranger, others.clone()).unwrap_err();
    assert_eq!(refusal, Rejection::NotHeld(AgentNumber(1002), contact));
    let supervisor = Actor::User("sam".parse().unwrap());
    assert!(world.try_give(supervisor.clone(), others.clone()).is_ok());
    assert_eq!(world.try_give(supervisor, others), Err(Rejection::NotOpen(contact)));
}

#[test]
fn an_application_without_a_queue_leaves_no_contact_behind() {
    let text = "start = \"a\"\n[action.a]\ndo = \"wait for e-mail\"\nexit.mail = \"b\"\n[action.b]\ndo = \"end\"\n";
    let mut world = World::with(text, Vec::new());
    world.arrive(1, "jo@customer.test");
    let Some(Fact::ContactReleased { reason, .. }) = world.log.last().map(|event| &event.fact)
    else {
        panic!("not released")
    };
    assert_eq!(*reason, ReleaseReason::ApplicationEnded);
}
