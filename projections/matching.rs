//! Matching: which waiting contacts somebody free could take, kept while people and contacts come
//! and go, so that whoever asks learns at once.

use std::collections::BTreeSet;
use std::collections::btree_map::{BTreeMap, Entry};

use bincode::{Decode, Encode};
use event::{AgentNumber, ContactId, Line, QueueName, SkillNeed};

use crate::queues::Rank;
use crate::skills::{Need, Skills};
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
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
struct Group {
    /// Who is served first: here and not among the others, because all heads of a lane are compared
    /// again and again.
    head: (Rank, ContactId),
    others: BTreeMap<Rank, ContactId>,
    /// How many of those agents are free.
    free: usize,
}

/// The groups of one queue, or of one agent; none is empty.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
struct Lane<Key: Ord> {
    groups: BTreeMap<Key, Group>,
    /// The first contact that somebody free could take.
    first: Option<Rank>,
}

/// The views that matching follows.
#[derive(Clone, Copy)]
pub(crate) struct Service<'a> {
    pub(crate) contacts: &'a Contacts,
    pub(crate) queues: &'a Queues,
    pub(crate) agents: &'a Agents,
}

/// Waiting contacts in groups that the same agents may take, and the first of those that somebody
/// free could take.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Matching {
    queues: BTreeMap<QueueName, Lane<Vec<Need>>>,
    agents: BTreeMap<AgentNumber, Lane<Line>>,
    places: BTreeMap<ContactId, (Pool, Rank)>,
    /// The agents who are free, as the groups count them.
    free: BTreeSet<AgentNumber>,
    /// The first of every lane.
    first: BTreeMap<Rank, ContactId>,
    skills: Skills,
}

impl Matching {
    /// The contact to be served next, of those that somebody free could take; and those that have
    /// the same priority and have waited exactly as long, in the order they were recorded. Of those
    /// that the same agents may take only the first is given.
    pub fn next(&self) -> impl Iterator<Item = ContactId> {
        let best = self.first.first_key_value().map(|(rank, _)| *rank);
        let mut tied = Vec::new();
        for (rank, contact) in &self.first {
            match best.filter(|best| best.ties(rank)) {
                Some(best) => self.tied(*contact, best, &mut tied),
                None => break,
            }
        }
        tied.sort_unstable();
        tied.into_iter().map(|(_, contact)| contact)
    }

    /// Who may take a waiting contact, and how many of them are free.
    pub fn pool(&self, contact: ContactId) -> Option<(&Pool, usize)> {
        let (pool, _) = self.places.get(&contact)?;
        let group = match pool {
            Pool::Agent(number, line) => self.agents.get(number)?.groups.get(line),
            Pool::Queue(queue, needs) => {
                self.queues.get(queue)?.groups.get(&self.skills.needs(needs))
            }
        };
        Some((pool, group?.free))
    }

    /// Gathers the heads of a contact's lane that tie with the best of all.
    fn tied(&self, contact: ContactId, best: Rank, tied: &mut Vec<(Rank, ContactId)>) {
        let ties = |(rank, _): &(Rank, ContactId)| best.ties(rank);
        match self.places.get(&contact).map(|(pool, _)| pool) {
            Some(Pool::Agent(number, _)) => {
                let lane = self.agents.get(number);
                tied.extend(lane.into_iter().flat_map(Lane::heads).filter(ties));
            }
            Some(Pool::Queue(queue, _)) => {
                let lane = self.queues.get(queue);
                tied.extend(lane.into_iter().flat_map(Lane::heads).filter(ties));
            }
            None => {}
        }
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
        *self = Self { free, skills: Skills::of(service.agents), ..Self::default() };
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
            && let Some(lane) = self.agents.get(&number)
        {
            // Nobody waits for them first any more.
            let waiting: Vec<ContactId> = lane.groups.values().flat_map(Group::contacts).collect();
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
        if let Some(lane) = self.agents.get_mut(&number) {
            lane.count(is_free, |_| true);
            lane.settle(&mut self.first);
        }
        let Some(levels) = self.skills.levels(number) else { return };
        for queue in &agent.queues {
            if let Some(lane) = self.queues.get_mut(queue) {
                lane.count(is_free, |needs| levels.meet(needs));
                lane.settle(&mut self.first);
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
        match &pool {
            Pool::Agent(number, line) => {
                let free = || usize::from(self.free.contains(number));
                let lane = self.agents.entry(*number).or_default();
                lane.enter(line.clone(), rank, contact, free);
                lane.settle(&mut self.first);
            }
            Pool::Queue(queue, needs) => {
                let needs = self.skills.needs(needs);
                let can = |&(number, _): &(AgentNumber, &Agent)| self.skills.meet(number, &needs);
                let free = || agents.free(queue).filter(can).count();
                let lane = self.queues.entry(queue.clone()).or_default();
                lane.enter(needs.clone(), rank, contact, free);
                lane.settle(&mut self.first);
            }
        }
        self.places.insert(contact, (pool, rank));
    }

    fn leave(&mut self, contact: ContactId) {
        match self.places.remove(&contact) {
            Some((Pool::Agent(number, line), rank)) => {
                remove(&mut self.agents, number, line, rank, &mut self.first);
            }
            Some((Pool::Queue(queue, needs), rank)) => {
                let needs = self.skills.needs(&needs);
                remove(&mut self.queues, queue, needs, rank, &mut self.first);
            }
            None => {}
        }
    }
}

/// Takes a contact out of its lane.
fn remove<Of: Ord, Key: Ord>(
    lanes: &mut BTreeMap<Of, Lane<Key>>,
    of: Of,
    key: Key,
    rank: Rank,
    first: &mut BTreeMap<Rank, ContactId>,
) {
    let Entry::Occupied(mut lane) = lanes.entry(of) else { return };
    lane.get_mut().leave(key, rank);
    lane.get_mut().settle(first);
    if lane.get().groups.is_empty() {
        lane.remove();
    }
}

impl Group {
    fn contacts(&self) -> impl Iterator<Item = ContactId> {
        [self.head.1].into_iter().chain(self.others.values().copied())
    }
}

impl<Key: Ord> Default for Lane<Key> {
    fn default() -> Self {
        Self { groups: BTreeMap::new(), first: None }
    }
}

impl<Key: Ord> Lane<Key> {
    /// The first contact of every group of which somebody is free.
    fn heads(&self) -> impl Iterator<Item = (Rank, ContactId)> {
        self.groups.values().filter(|group| group.free > 0).map(|group| group.head)
    }

    /// Keeps it known who is first.
    fn settle(&mut self, all: &mut BTreeMap<Rank, ContactId>) {
        let now = self.heads().min();
        let first = now.map(|(rank, _)| rank);
        if first != self.first {
            self.first.and_then(|before| all.remove(&before));
            all.extend(now);
            self.first = first;
        }
    }

    fn enter(&mut self, key: Key, rank: Rank, contact: ContactId, free: impl FnOnce() -> usize) {
        match self.groups.entry(key) {
            Entry::Vacant(group) => {
                let others = BTreeMap::new();
                group.insert(Group { head: (rank, contact), others, free: free() });
            }
            Entry::Occupied(mut group) => {
                let group = group.get_mut();
                let last = group.head.max((rank, contact));
                group.head = group.head.min((rank, contact));
                group.others.extend([last]);
            }
        }
    }

    fn leave(&mut self, key: Key, rank: Rank) {
        let Entry::Occupied(mut entry) = self.groups.entry(key) else { return };
        let group = entry.get_mut();
        if group.head.0 != rank {
            group.others.remove(&rank);
        } else if let Some(next) = group.others.pop_first() {
            group.head = next;
        } else {
            entry.remove();
        }
    }

    /// An agent who may take from groups is free, or no longer.
    fn count(&mut self, is_free: bool, may: impl Fn(&Key) -> bool) {
        for (_, group) in self.groups.iter_mut().filter(|(key, _)| may(key)) {
            group.free = if is_free { group.free + 1 } else { group.free.saturating_sub(1) };
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
