//! The suite every event log must pass, whatever keeps it.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use event::{Actor, Cause, Event, Fact, Position, Private, Recorded, Timestamp};

use crate::{AppendError, EventLog};

/// Gives logs to the suite.
pub trait Subject {
    /// An empty log.
    fn create(&mut self) -> Arc<dyn EventLog>;

    /// The log made last, closed and opened again; a log that cannot do that is given as it is.
    /// The suite has dropped its own handles.
    fn reopen(&mut self) -> Arc<dyn EventLog>;
}

/// Runs the whole suite; panics with the name of the rule that is broken.
pub fn check(subject: &mut dyn Subject) {
    order_and_gaps(subject);
    batches_of_every_size(subject);
    an_empty_batch(subject);
    conflict(subject);
    reading_parts(subject);
    reopening(subject);
    readers_see_what_is_acknowledged(subject);
    one_of_many_writers_wins(subject);
    verification(subject);
}

/// An event whose `number` and length in bytes can be recognised.
pub fn sample(number: u64, len: usize) -> Event {
    Event {
        time: Timestamp(1_700_000_000_000 + number),
        actor: Actor::Engine,
        cause: Cause::Event(Position(number)),
        fact: Fact::EngineStopped,
        private: (len > 0).then(|| Private::Text("x".repeat(len))),
    }
}

/// `count` samples, the first with `number`, of lengths that differ.
pub fn samples(number: u64, count: u64) -> Vec<Event> {
    (number..number + count).map(|n| sample(n, (n * 37 % 400) as usize)).collect()
}

fn append(log: &dyn EventLog, batch: &[Event]) -> Position {
    let head = log.head();
    let after = match log.append(head, batch) {
        Ok(after) => after,
        Err(error) => unreachable!("a batch of {} was refused: {error}", batch.len()),
    };
    assert_eq!(after, head.plus(batch.len() as u64), "append gives the head after the batch");
    assert_eq!(log.head(), after, "head moves with the append");
    after
}

fn read(log: &dyn EventLog, from: u64, count_max: usize) -> Vec<Recorded> {
    match log.read(Position(from), count_max) {
        Ok(found) => found,
        Err(error) => unreachable!("reading from {from} failed: {error}"),
    }
}

/// Checks that the log holds exactly `events`, by `read` and by `scan`.
fn holds(log: &dyn EventLog, events: &[Event]) {
    let expected: Vec<Recorded> = (1u64..)
        .zip(events)
        .map(|(position, event)| Recorded { position: Position(position), event: event.clone() })
        .collect();
    assert!(read(log, 1, usize::MAX) == expected, "read gives what was appended");
    let mut scanned = Vec::new();
    let result = log.scan(Position(0), &mut |recorded| {
        scanned.push(recorded);
        ControlFlow::Continue(())
    });
    assert!(result.is_ok() && scanned == expected, "scan gives what was appended: {result:?}");
}

fn order_and_gaps(subject: &mut dyn Subject) {
    let log = subject.create();
    assert_eq!(log.head(), Position(0), "an empty log has head 0");
    assert!(read(&*log, 1, 10).is_empty(), "an empty log has no events");
    let events = samples(1, 300);
    for batch in events.chunks(7) {
        append(&*log, batch);
    }
    holds(&*log, &events);
}

fn batches_of_every_size(subject: &mut dyn Subject) {
    let log = subject.create();
    let mut events = Vec::new();
    for count in [1, 2, 63, 64, 65, 127, 128, 129, 1000, 5000] {
        let batch = samples(events.len() as u64 + 1, count);
        append(&*log, &batch);
        events.extend(batch);
    }
    // Events beyond the size of a chunk, of a part of one, and of several parts.
    for len in [8 << 10, 64 << 10, 200 << 10, 3 << 20] {
        let batch = [sample(1, 10), sample(2, len), sample(3, 0)];
        append(&*log, &batch);
        events.extend(batch);
    }
    holds(&*log, &events);
    drop(log);
    holds(&*subject.reopen(), &events);
}

fn an_empty_batch(subject: &mut dyn Subject) {
    let log = subject.create();
    append(&*log, &[]);
    append(&*log, &samples(1, 3));
    append(&*log, &[]);
    holds(&*log, &samples(1, 3));
}

fn conflict(subject: &mut dyn Subject) {
    let log = subject.create();
    append(&*log, &samples(1, 3));
    for wrong in [0, 2, 4, u64::MAX] {
        let answer = log.append(Position(wrong), &samples(4, 1));
        let refused = matches!(answer, Err(AppendError::Conflict { head: Position(3) }));
        assert!(refused, "a wrong head is a conflict that names the right one: {answer:?}");
    }
    holds(&*log, &samples(1, 3));
    append(&*log, &samples(4, 1));
    holds(&*log, &samples(1, 4));
}

fn reading_parts(subject: &mut dyn Subject) {
    let log = subject.create();
    let events = samples(1, 500);
    append(&*log, &samples(1, 130));
    append(&*log, &samples(131, 1));
    append(&*log, &samples(132, 369));
    for from in [0, 1, 2, 63, 64, 65, 130, 131, 132, 499, 500] {
        for count in [0, 1, 2, 64, 100, 1000] {
            let first = from.max(1);
            let numbers: Vec<u64> = (first..=500).take(count).collect();
            let found: Vec<u64> =
                read(&*log, from, count).iter().map(|recorded| recorded.position.0).collect();
            assert_eq!(found, numbers, "read from {from} of at most {count}");
        }
    }
    assert!(read(&*log, 501, 10).is_empty(), "there is nothing beyond the head");
    assert!(read(&*log, u64::MAX, 10).is_empty(), "there is nothing beyond the head");
    let mut seen = 0;
    let result = log.scan(Position(100), &mut |recorded| {
        seen += 1;
        assert_eq!(
            Some(&recorded.event),
            events.get(98 + seen),
            "scan begins where it was told to"
        );
        if seen < 70 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    assert!(result.is_ok() && seen == 70, "scan stops when told to");
}

fn reopening(subject: &mut dyn Subject) {
    drop(subject.create());
    let mut events = Vec::new();
    for count in [1, 200, 3] {
        let log = subject.reopen();
        assert_eq!(log.head(), Position(events.len() as u64), "the head is there again");
        let batch = samples(events.len() as u64 + 1, count);
        append(&*log, &batch);
        events.extend(batch);
        holds(&*log, &events);
    }
    holds(&*subject.reopen(), &events);
}

fn readers_see_what_is_acknowledged(subject: &mut dyn Subject) {
    let log = subject.create();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut most = 0;
            while !stop.load(Ordering::Acquire) {
                let before = log.head().0;
                let found = read(&*log, 1, usize::MAX).len() as u64;
                let after = log.head().0;
                assert!(before <= found && found <= after, "{before} <= {found} <= {after}");
                // Each batch has ten events, and none is ever seen in part.
                assert_eq!(found % 10, 0, "a reader saw a part of a batch");
                assert!(most <= found, "an event that was seen went away");
                most = found;
            }
        });
        for batch in samples(1, 3000).chunks(10) {
            append(&*log, batch);
        }
        stop.store(true, Ordering::Release);
        assert!(reader.join().is_ok(), "the reader found a rule broken");
    });
}

fn one_of_many_writers_wins(subject: &mut dyn Subject) {
    let log = subject.create();
    let won: u64 = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let tries = (0..50).map(|_| {
                        let head = log.head();
                        u64::from(log.append(head, &samples(head.0 + 1, 3)).is_ok())
                    });
                    tries.sum::<u64>()
                })
            })
            .collect();
        writers.into_iter().filter_map(|writer| writer.join().ok()).sum()
    });
    assert!(won >= 50, "at least one writer made progress each time");
    assert_eq!(log.head(), Position(won * 3), "exactly the acknowledged batches are there");
    holds(&*log, &samples(1, won * 3));
}

fn verification(subject: &mut dyn Subject) {
    let log = subject.create();
    let empty = log.verify(&mut |_| {});
    assert!(matches!(&empty, Ok(found) if found.events == 0 && found.head == Position(0)));
    append(&*log, &samples(1, 100));
    let before = log.verify(&mut |_| {});
    append(&*log, &samples(101, 1));
    let after = log.verify(&mut |_| {});
    let (Ok(before), Ok(after)) = (&before, &after) else {
        unreachable!("a sound log was refused: {before:?}, {after:?}");
    };
    assert_eq!((before.head, before.events, before.commits), (Position(100), 100, 1));
    assert_eq!((after.head, after.events, after.commits), (Position(101), 101, 2));
    assert_ne!(before.head_hash, after.head_hash, "the hash stands for the whole log");
    drop(log);
    let reopened = subject.reopen().verify(&mut |_| {});
    assert!(matches!(&reopened, Ok(found) if found == after), "the same after opening again");
}
