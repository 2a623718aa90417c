//! Automatic mail: who got automatic answers lately, so that none goes round in circles.

use std::collections::{BTreeMap, VecDeque};

use bincode::{Decode, Encode};
use event::{Address, Event, Fact, ThreadId, Timestamp};

const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;

/// The automatic answers to customers asked for within the last day, counted whatever became of them.
///
/// What is older than that is forgotten with the next event of any kind, so the view holds no more
/// than 24 times what the settings allow an hour, some 250 bytes each. A decision sees it as of
/// the last event, whose time is the decision's own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct AutomaticMail {
    threads: Window<ThreadId, DAY_MS>,
    addresses: Window<Address, DAY_MS>,
    /// Answers whose address was erased count for the domain without a name.
    domains: Window<String, HOUR_MS>,
}

impl AutomaticMail {
    /// How many answers a thread got within the last day.
    pub fn to_thread(&self, thread: ThreadId) -> u32 {
        self.threads.count(&thread)
    }

    /// How many answers an address got within the last day.
    pub fn to_address(&self, address: &Address) -> u32 {
        self.addresses.count(address)
    }

    /// How many answers the addresses of a domain got within the last hour.
    pub fn to_domain(&self, domain: &str) -> u32 {
        self.domains.count(domain)
    }

    /// How many answers there were within the last hour.
    pub fn total(&self) -> u32 {
        u32::try_from(self.domains.recent.len()).unwrap_or(u32::MAX)
    }

    /// Takes in one event.
    pub fn apply(&mut self, event: &Event) {
        self.threads.forget(event.time);
        self.addresses.forget(event.time);
        self.domains.forget(event.time);
        if let Fact::AutomaticReplyRequested { thread, .. } = &event.fact {
            self.threads.add(event.time, *thread);
        }
        if let Fact::AutomaticReplyRequested { .. }
        | Fact::OversizeHeaderKept { withheld: None, .. } = &event.fact
        {
            let to = event.written().map(|written| &written.to);
            self.domains.add(event.time, to.map_or("", |to| to.domain()).to_owned());
            if let Some(to) = to {
                self.addresses.add(event.time, to.clone());
            }
        }
    }
}

/// How often each key occurred within the last `MS` milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
struct Window<K: Ord, const MS: u64> {
    /// Oldest first.
    recent: VecDeque<(Timestamp, K)>,
    counts: BTreeMap<K, u32>,
}

impl<K: Ord, const MS: u64> Default for Window<K, MS> {
    fn default() -> Self {
        Self { recent: VecDeque::new(), counts: BTreeMap::new() }
    }
}

impl<K: Ord + Clone, const MS: u64> Window<K, MS> {
    fn count<Q: Ord + ?Sized>(&self, key: &Q) -> u32
    where
        K: std::borrow::Borrow<Q>,
    {
        self.counts.get(key).copied().unwrap_or(0)
    }

    fn add(&mut self, now: Timestamp, key: K) {
        *self.counts.entry(key.clone()).or_default() += 1;
        self.recent.push_back((now, key));
    }

    fn forget(&mut self, now: Timestamp) {
        while let Some((_, key)) = self.recent.pop_front_if(|(then, _)| now.ms_since(*then) >= MS) {
            match self.counts.get_mut(&key) {
                Some(count) if *count > 1 => *count -= 1,
                Some(_) | None => {
                    self.counts.remove(&key);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use event::{Actor, Cause, CommandId, ContactId, Position, Private, Step, Written};

    use super::*;

    fn thread(number: u8) -> ThreadId {
        ThreadId(ContactId::from_digest(&[number; 32]))
    }

    fn reply(hours: u64, number: u8, to: &str) -> Event {
        let ThreadId(contact) = thread(number);
        let application = event::ApplicationRef { name: "support".parse().unwrap(), version: 1 };
        let fact = Fact::AutomaticReplyRequested {
            contact,
            thread: thread(number),
            arrival: Position(1),
            step: Step { application, action: "receipt".parse().unwrap(), visit: 1 },
        };
        let to = Address::new(to).ok();
        let written = |to| Written { to, subject: String::new(), text: String::new() };
        Event {
            time: Timestamp(hours * HOUR_MS),
            actor: Actor::Engine,
            cause: Cause::Command(CommandId(1)),
            fact,
            private: to.map(|to| Private::Written(Box::new(written(to)))),
        }
    }

    fn at(view: &mut AutomaticMail, hours: u64) {
        let mut event = reply(hours, 0, "");
        event.fact = Fact::EngineStopped;
        view.apply(&event);
    }

    #[test]
    fn what_is_past_is_forgotten() {
        let mut view = AutomaticMail::default();
        view.apply(&reply(0, 1, "Jo@customer.test"));
        view.apply(&reply(0, 2, "jo@customer.test"));
        view.apply(&reply(1, 3, "ann@customer.test"));
        let counts = |view: &AutomaticMail| {
            let jo = Address::new("jo@Customer.test").unwrap();
            let (thread, address) = (view.to_thread(thread(1)), view.to_address(&jo));
            (thread, address, view.to_domain("customer.test"), view.total())
        };
        assert_eq!(counts(&view), (1, 2, 1, 1));
        at(&mut view, 2);
        assert_eq!(counts(&view), (1, 2, 0, 0));
        at(&mut view, 23);
        assert_eq!(counts(&view), (1, 2, 0, 0));
        at(&mut view, 24);
        assert_eq!(counts(&view), (0, 0, 0, 0));
        at(&mut view, 25);
        assert_eq!(view, AutomaticMail::default(), "nothing is left over");
    }

    #[test]
    fn an_erased_address_counts_for_thread_and_total_only() {
        let mut view = AutomaticMail::default();
        view.apply(&reply(0, 1, "erased"));
        assert_eq!((view.to_thread(thread(1)), view.total()), (1, 1));
    }
}
