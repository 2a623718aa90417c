//! Matching: which waiting contacts somebody free could take, kept while people and contacts come
//! and go, so that whoever asks learns at once.

use std::collections::BTreeSet;
use std::collections::btree_map::{BTreeMap, Entry};

use bincode::{Decode, Encode};
use event::{AgentNumber, ContactId, Line, QueueName, SkillNeed};

use crate::queues::Rank;
use crate::{Agent, Agents, Contacts, Queues, Touched};

/// Who may take a contact.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Pool {
    /// The agents of a queue who have these skills.
    Queue(QueueName, Vec<SkillNeed>),
    /// One agent: it waits in this line, which is theirs, or for them first.
    Agent(AgentNumber, Line),
}

/// Contacts of one line that the same agents may take.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
struct Group {
    members: BTreeMap<Rank, ContactId>,
    /// How many of those agents are free.
    free: usize,
}

/// No group is empty, and no map of groups.
type Groups<Outer, Inner> = BTreeMap<Outer, BTreeMap<Inner, Group>>;

/// The views that matching follows.
#[derive(Clone, Copy)]
pub(crate) struct Service<'a> {
    pub(crate) contacts: &'a Contacts,
    pub(crate) queues: &'a Queues,
    pub(crate) agents: &'a Agents,
}

/// Waiting contacts in groups that the same agents may take, and the first of each group that has
/// a free agent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Matching {
    queues: Groups<QueueName, Vec<SkillNeed>>,
    agents: Groups<AgentNumber, Line>,
    places: BTreeMap<ContactId, (Pool, Rank)>,
    /// The agents who are free, as the groups count them.
    free: BTreeSet<AgentNumber>,
    first: BTreeMap<Rank, ContactId>,
}

impl Matching {
    /// The contact to be served next, of those that somebody free could take; and those that have
    /// the same priority and have waited exactly as long, in the order they were recorded.
    pub fn next(&self) -> impl Iterator<Item = ContactId> {
        let best = self.first.first_key_value().map(|(rank, _)| *rank);
        let tied = move |rank: &Rank| best.is_some_and(|best| best.ties(rank));
        self.first.iter().take_while(move |(rank, _)| tied(rank)).map(|(_, &contact)| contact)
    }

    /// Who may take a waiting contact, and how many of them are free.
    pub fn pool(&self, contact: ContactId) -> Option<(&Pool, usize)> {
        let (pool, _) = self.places.get(&contact)?;
        let group = match pool {
            Pool::Agent(number, line) => self.agents.get(number)?.get(line),
            Pool::Queue(queue, needs) => self.queues.get(queue)?.get(needs),
        };
        Some((pool, group?.free))
    }

    /// Takes in that a contact waits elsewhere, or otherwise, or no longer, and that agents are
    /// ready for more or for less than before.
    pub(crate) fn follow(
        &mut self,
        contact: Option<ContactId>,
        touched: Touched,
        service: &Service<'_>,
    ) {
        match touched {
            Touched::Nobody => {}
            Touched::Agent(agent) => self.agent(agent, service),
            Touched::Everybody => self.anew(service),
        }
        if let Some(contact) = contact {
            self.contact(contact, service);
        }
    }

    fn anew(&mut self, service: &Service<'_>) {
        let free = service.agents.iter().filter(|(_, agent)| agent.is_free());
        let free = free.map(|(number, _)| number).collect();
        *self = Self { free, ..Self::default() };
        for contact in service.queues.everyone() {
            self.contact(contact, service);
        }
    }

    fn agent(&mut self, number: AgentNumber, service: &Service<'_>) {
        let Some(agent) = service.agents.get(number) else { return };
        let is_free = agent.is_free();
        if is_free != self.free.contains(&number) {
            self.count(number, agent, is_free);
        }
        if !agent.is_signed_in()
            && let Some(groups) = self.agents.get(&number)
        {
            // Nobody waits for them first any more.
            let waiting: Vec<ContactId> =
                groups.values().flat_map(|group| group.members.values()).copied().collect();
            for contact in waiting {
                self.contact(contact, service);
            }
        }
    }

    /// Has all groups that an agent may take from know that they are free, or no longer.
    fn count(&mut self, number: AgentNumber, agent: &Agent, is_free: bool) {
        if is_free {
            self.free.insert(number);
        } else {
            self.free.remove(&number);
        }
        for group in self.agents.get_mut(&number).into_iter().flat_map(BTreeMap::values_mut) {
            group.count(is_free, &mut self.first);
        }
        for queue in &agent.queues {
            for (needs, group) in self.queues.get_mut(queue).into_iter().flatten() {
                if agent.has_skills(needs) {
                    group.count(is_free, &mut self.first);
                }
            }
        }
    }

    fn contact(&mut self, contact: ContactId, service: &Service<'_>) {
        let place = place(contact, service);
        if self.places.get(&contact) == place.as_ref() {
            return;
        }
        self.leave(contact);
        if let Some((pool, rank)) = place {
            self.enter(contact, pool, rank, service.agents);
        }
    }

    fn enter(&mut self, contact: ContactId, pool: Pool, rank: Rank, agents: &Agents) {
        let group = match &pool {
            Pool::Agent(number, line) => {
                let free = usize::from(self.free.contains(number));
                let groups = self.agents.entry(*number).or_default();
                groups.entry(line.clone()).or_insert_with(|| Group::new(free))
            }
            Pool::Queue(queue, needs) => {
                let groups = self.queues.entry(queue.clone()).or_default();
                groups.entry(needs.clone()).or_insert_with(|| {
                    let free = agents.free(queue).filter(|(_, agent)| agent.has_skills(needs));
                    Group::new(free.count())
                })
            }
        };
        group.change(&mut self.first, |members| {
            members.insert(rank, contact);
        });
        self.places.insert(contact, (pool, rank));
    }

    fn leave(&mut self, contact: ContactId) {
        let Some((pool, rank)) = self.places.remove(&contact) else { return };
        match pool {
            Pool::Agent(number, line) => {
                remove(&mut self.agents, number, line, rank, &mut self.first);
            }
            Pool::Queue(queue, needs) => {
                remove(&mut self.queues, queue, needs, rank, &mut self.first);
            }
        }
    }
}

/// Takes a contact out of its group.
fn remove<Outer: Ord, Inner: Ord>(
    groups: &mut Groups<Outer, Inner>,
    outer: Outer,
    inner: Inner,
    rank: Rank,
    first: &mut BTreeMap<Rank, ContactId>,
) {
    let Entry::Occupied(mut groups) = groups.entry(outer) else { return };
    if let Entry::Occupied(mut group) = groups.get_mut().entry(inner) {
        group.get_mut().change(first, |members| {
            members.remove(&rank);
        });
        if group.get().members.is_empty() {
            group.remove();
        }
    }
    if groups.get().is_empty() {
        groups.remove();
    }
}

impl Group {
    fn new(free: usize) -> Self {
        Self { members: BTreeMap::new(), free }
    }

    /// Changes who waits, and keeps it known who is first where somebody is free.
    fn change(
        &mut self,
        first: &mut BTreeMap<Rank, ContactId>,
        change: impl FnOnce(&mut BTreeMap<Rank, ContactId>),
    ) {
        let before = self.members.first_key_value().map(|(rank, _)| *rank);
        change(&mut self.members);
        let after = self.members.first_key_value().map(|(rank, contact)| (*rank, *contact));
        if self.free > 0 && before != after.map(|(rank, _)| rank) {
            before.and_then(|rank| first.remove(&rank));
            first.extend(after);
        }
    }

    /// One more of its agents is free, or one less.
    fn count(&mut self, more: bool, first: &mut BTreeMap<Rank, ContactId>) {
        let Some((rank, contact)) = self.members.first_key_value() else { return };
        if more {
            self.free += 1;
            first.insert(*rank, *contact);
        } else {
            self.free = self.free.saturating_sub(1);
            if self.free == 0 {
                first.remove(rank);
            }
        }
    }
}

/// Who may take a contact, and its rank among all that wait; `None` where it does not wait.
///
/// One that is for an agent first is anybody's where that agent cannot take it at all.
fn place(contact: ContactId, service: &Service<'_>) -> Option<(Pool, Rank)> {
    let (line, rank) = service.queues.place(contact)?;
    let queue = match line {
        Line::Agent(number) => return Some((Pool::Agent(*number, line.clone()), rank)),
        Line::Queue(queue) => queue,
    };
    let needs = service.contacts.get(contact).map_or(&[][..], |open| &open.skills);
    let serves = |number: &AgentNumber| {
        let agent = service.agents.get(*number);
        agent.is_some_and(|agent| agent.serves(queue, needs) && agent.is_signed_in())
    };
    Some(match service.queues.preferred(contact).filter(serves) {
        Some(number) => (Pool::Agent(number, line.clone()), rank),
        None => (Pool::Queue(queue.clone(), needs.to_vec()), rank),
    })
}
