//! A million released contacts cost no memory: the views hold what is open, the archive is on disk.
#![allow(clippy::unwrap_used, reason = "clippy does not see that helpers of a test are tests")]

use std::fs;
use std::sync::Arc;

use event::{
    Actor, Address, AgentNumber, Cause, CommandId, ContactId, Event, Fact, Fingerprint, Handler,
    Line, MailDetails, MailboxName, Mark, MessageDigest, MessageRef, OutgoingId, Position, Private,
    QueueReason, ReleaseReason, Source, ThreadId, Timestamp,
};
use projections::{Archive, DiskShelf, Hot};

const CONTACTS: u64 = 1_000_000;
const OPEN: u64 = 1_000;
/// What the process may grow by: sled's cache, the records that wait to be written, and slack.
const GROWTH_BYTES_MAX: u64 = 200 << 20;

#[test]
fn a_million_released_contacts_cost_no_memory() {
    let folder = tempfile::tempdir().unwrap();
    let shelf = DiskShelf::open(&folder.path().join("views")).unwrap();
    let mut archive = Archive::open(Arc::new(shelf)).unwrap();
    let mut hot = Hot::default();
    let before = resident_bytes();
    let mut arrivals = std::collections::VecDeque::new();
    for number in 0..CONTACTS {
        let arrival = take(&mut hot, &mut archive, arrived(number));
        take(&mut hot, &mut archive, queued(number));
        arrivals.push_back((number, arrival));
        if arrivals.len() as u64 > OPEN
            && let Some((number, arrival)) = arrivals.pop_front()
        {
            let copy = take(&mut hot, &mut archive, assigned(number, arrival));
            take(&mut hot, &mut archive, delivered(number, copy));
            take(&mut hot, &mut archive, released(number));
        }
        if archive.is_full() {
            archive.flush().unwrap();
        }
    }
    archive.flush().unwrap();
    let grown = resident_bytes().saturating_sub(before);
    let snapshot = hot.to_bytes().unwrap().len() as u64;
    println!("{CONTACTS} contacts: grown by {} MiB, snapshot of {snapshot} bytes", grown >> 20);
    assert_eq!(hot.contacts.len() as u64, OPEN);
    assert!(snapshot < OPEN * 500, "{snapshot} bytes of snapshot for {OPEN} open contacts");
    assert!(grown < GROWTH_BYTES_MAX, "grown by {grown} bytes");
    assert!(archive.contact(contact(0)).unwrap().is_some(), "and yet nothing is forgotten");
    assert_eq!(archive.journal(contact(0)).unwrap().len(), 5);
}

fn resident_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

fn take(
    hot: &mut Hot,
    archive: &mut Archive,
    (fact, private): (Fact, Option<Private>),
) -> Position {
    let at = hot.position.next();
    let cause = Cause::Command(CommandId(at.0));
    let event = Event { time: Timestamp(at.0), actor: Actor::Engine, cause, fact, private };
    hot.apply(at, &event);
    archive.apply(at, &event);
    at
}

type New = (Fact, Option<Private>);

fn contact(number: u64) -> ContactId {
    ContactId::from_digest(blake3::hash(&number.to_le_bytes()).as_bytes())
}

fn mailbox() -> MailboxName {
    MailboxName::new("support").unwrap()
}

fn arrived(number: u64) -> New {
    let contact = contact(number);
    let fact = Fact::ContactArrived {
        contact,
        thread: ThreadId(contact),
        source: Source {
            mailbox: mailbox(),
            mark: Mark::Imap { uid_validity: 1, uid: u32::try_from(number).unwrap() },
        },
        message: MessageRef { digest: MessageDigest([7; 32]), size: 5000 },
        fingerprint: Fingerprint([7; 16]),
        application: event::ApplicationRef { name: "support".parse().unwrap(), version: 1 },
        received: Timestamp(number),
        repeated_message_id: false,
    };
    let address = Address::new(&format!("customer{number}@example.org")).unwrap();
    let details = MailDetails {
        from: Some(event::Person { name: None, address: address.clone() }),
        answer_to: Some(address),
        message_id: Some(format!("{number}@example.org")),
        ..MailDetails::default()
    };
    (fact, Some(Private::Mail(Box::new(details))))
}

fn line() -> Line {
    Line::Queue("support".parse().unwrap())
}

fn queued(number: u64) -> New {
    let fact = Fact::ContactQueued {
        contact: contact(number),
        line: line(),
        priority: 5,
        entered: Timestamp(number),
        reason: QueueReason::Application,
    };
    (fact, None)
}

const AGENT: AgentNumber = AgentNumber(1001);

fn assigned(number: u64, arrival: Position) -> New {
    let contact = contact(number);
    let fact = Fact::ContactAssigned {
        contact,
        thread: ThreadId(contact),
        line: line(),
        agent: AGENT,
        arrival,
        waited_ms: 0,
        idle_ms: 0,
    };
    (fact, Some(Private::Address(Address::new("ada@desk.example").unwrap())))
}

fn delivered(number: u64, copy: Position) -> New {
    let handler = Handler::Agent(AGENT);
    let outgoing = OutgoingId(copy);
    (Fact::ContactDelivered { contact: contact(number), handler, outgoing }, None)
}

fn released(number: u64) -> New {
    let (agent, reason) = (Some(AGENT), ReleaseReason::Agent);
    (Fact::ContactReleased { contact: contact(number), agent, reason }, None)
}
