//! What the log says became of each letter, beside what must have become of it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail, ensure};

use super::super::happenings::Happening;
use super::super::reconciliation::{counts, reconcile};
use super::LEFT;
use super::floor::Floor;
use super::letters::{CHATTERBOX, Kind, Letter, Mailbox};
use super::oracle::{Circumstances, Expected, LastAgent, expected};
use super::{answers, routing};

/// Everything that is known at the end.
pub(crate) struct Told<'a> {
    pub(crate) floor: &'a Floor<'a>,
    pub(crate) letters: &'a [Letter],
    /// Every event.
    pub(crate) events: Vec<Happening>,
    /// The events about each contact.
    stories: BTreeMap<String, Vec<Happening>>,
    /// The contact of each letter that is one.
    contacts: BTreeMap<usize, String>,
    expected: Vec<Expected>,
}

impl Told<'_> {
    pub(crate) fn letter(&self, contact: &str) -> Result<&Letter> {
        let number = self.floor.letters.get(contact);
        number.and_then(|number| self.letters.get(*number)).context("a letter began it")
    }

    pub(crate) fn contact(&self, number: usize) -> Result<&str> {
        let contact = self.contacts.get(&number).map(String::as_str);
        contact.with_context(|| format!("letter {number} is a contact"))
    }

    pub(crate) fn expected(&self, number: usize) -> Result<&Expected> {
        self.expected.get(number).context("each letter was thought of")
    }

    /// What happened to a letter.
    pub(crate) fn story(&self, number: usize) -> Result<&[Happening]> {
        let story = self.stories.get(self.contact(number)?).map(Vec::as_slice);
        story.context("something happened to it")
    }

    /// Who handled the thread of a letter last, before it.
    pub(crate) fn last_agent(&self, letter: &Letter) -> Result<Option<u64>> {
        let Some(earlier) = letter.follows else { return Ok(None) };
        let assigned = self.story(earlier)?.iter().rev().find(|it| it.kind == "ContactAssigned");
        Ok(assigned.map(|it| it.number("agent")))
    }
}

/// Checks everything.
pub(crate) fn check(floor: &Floor<'_>, letters: &[Letter]) -> Result<()> {
    let events = floor.office.news(0)?;
    let mut stories: BTreeMap<String, Vec<Happening>> = BTreeMap::new();
    for event in &events {
        stories.entry(event.text("contact")).or_default().push(event.clone());
    }
    let contacts: BTreeMap<usize, String> =
        floor.letters.iter().map(|(contact, number)| (*number, contact.clone())).collect();
    ensure!(contacts.len() == floor.letters.len(), "a letter became two contacts");
    let mut told = Told { floor, letters, events, stories, contacts, expected: Vec::new() };
    foresee(&mut told)?;
    for letter in letters {
        check_course(&told, letter).with_context(|| format!("{letter:?}"))?;
    }
    check_refused(&told)?;
    check_ends(&told)?;
    check_mailboxes(&told)?;
    routing::check(&told)?;
    answers::check(&told)?;
    floor.office.verify()
}

/// Works out what must have become of each letter.
fn foresee(told: &mut Told<'_>) -> Result<()> {
    let mut acknowledged: BTreeSet<usize> = BTreeSet::new();
    let mut roots: Vec<usize> = Vec::new();
    for letter in told.letters {
        let root = letter.follows.and_then(|earlier| roots.get(earlier).copied());
        let root = root.unwrap_or(letter.number);
        roots.push(root);
        let is_withheld = acknowledged.contains(&root) || is_too_many(told, letter)?;
        let known = Circumstances { is_withheld, last: last(told, letter)? };
        let expected = expected(letter, known);
        if expected.acknowledgement.is_some() {
            acknowledged.insert(root);
        }
        told.expected.push(expected);
    }
    Ok(())
}

/// Which five letters of the customer who writes too often are answered is for the order in which
/// they are read to say; that it is five is checked where their mailbox is.
fn is_too_many(told: &Told<'_>, letter: &Letter) -> Result<bool> {
    if letter.from != CHATTERBOX {
        return Ok(false);
    }
    let story = told.story(letter.number)?;
    let limit = |it: &&Happening| {
        it.kind == "AutomaticReplyWithheld" && it.fact["reason"].as_str() == Some("Address")
    };
    Ok(story.iter().any(|it| limit(&it)))
}

/// How the letter met who handled its thread last.
fn last(told: &Told<'_>, letter: &Letter) -> Result<LastAgent> {
    let Some(agent) = told.last_agent(letter)? else { return Ok(LastAgent::Absent) };
    if told.floor.is_absent(u32::try_from(agent)?) || letter.kind == Kind::Vacation {
        return Ok(LastAgent::Absent);
    }
    let story = told.story(letter.number)?;
    let first = story.iter().find(|it| {
        it.kind == "ContactAssigned" || (it.kind == "ActionTaken" && it.text("exit") == "timed out")
    });
    Ok(match first {
        Some(it) if it.kind == "ContactAssigned" && it.fact["line"]["Agent"] == agent => {
            LastAgent::Took
        }
        _ => LastAgent::Busy,
    })
}

/// The way of one letter through its application, and where that led.
fn check_course(told: &Told<'_>, letter: &Letter) -> Result<()> {
    let expected = told.expected(letter.number)?;
    if expected.filed {
        let is_contact = told.contacts.contains_key(&letter.number);
        ensure!(!is_contact, "it should have been filed, and is a contact");
        return Ok(());
    }
    let story = told.story(letter.number)?;
    let restarted = story.iter().rposition(|it| it.kind == "ContactRestarted").unwrap_or_default();
    let steps: Vec<String> = story
        .iter()
        .skip(restarted)
        .filter(|it| it.kind == "ActionTaken")
        .map(|it| {
            format!(
                "{}:{}",
                it.fact["step"]["action"].as_str().unwrap_or_default(),
                it.text("exit")
            )
        })
        .collect();
    ensure!(steps == expected.steps, "it went {steps:?} in place of {:?}", expected.steps);
    let queued = story.iter().find(|it| {
        it.kind == "ContactQueued"
            && it.text("reason") == "Application"
            && !it.fact["line"]["Queue"].is_null()
    });
    match (queued, expected.queue) {
        (None, None) => {}
        (Some(queued), Some((queue, priority, skill))) => {
            ensure!(queued.fact["line"]["Queue"] == queue, "it came to {}", queued.fact);
            ensure!(queued.number("priority") == priority, "it came to {}", queued.fact);
            let needed = story
                .iter()
                .rev()
                .find(|it| it.kind == "SkillsRequired" && it.position < queued.position);
            let needed = needed.and_then(|it| it.fact["skills"][0]["skill"].as_str());
            ensure!(needed == skill, "it needs {needed:?} in place of {skill:?}");
        }
        (queued, due) => bail!("{due:?} is due, and it came to {queued:?}"),
    }
    let forwarded = story.iter().any(|it| it.text("reason") == "TransferredOut");
    ensure!(forwarded == expected.forwarded, "sent on: {forwarded}");
    Ok(())
}

/// Nothing that people wanted to do was refused, but where they had not accepted in time.
fn check_refused(told: &Told<'_>) -> Result<()> {
    for (contact, said) in &told.floor.refused {
        let story = told.stories.get(contact).map(Vec::as_slice).unwrap_or_default();
        let was_late = story.iter().any(|it| it.text("reason") == "NotAccepted");
        ensure!(was_late, "{said}");
    }
    Ok(())
}

/// Every contact ended once, but for those that are left, which wait; each that needs a code has one.
fn check_ends(told: &Told<'_>) -> Result<()> {
    ensure!(told.floor.reminded > 0, "nobody tried to release without a code");
    for (contact, story) in told.stories.iter().filter(|(contact, _)| !contact.is_empty()) {
        let number = told.letter(contact)?.number;
        let ends: Vec<&Happening> =
            story.iter().filter(|it| it.kind == "ContactReleased").collect();
        let due = usize::from(!LEFT.contains(&number));
        ensure!(ends.len() == due, "letter {number} ended {} times: {story:?}", ends.len());
        let Some(end) = ends.first() else { continue };
        let queues =
            story.iter().filter(|it| it.kind == "ContactQueued" && it.position < end.position);
        let last = queues.filter_map(|it| it.fact["line"]["Queue"].as_str()).next_back();
        let is_labelled = story.iter().any(|it| it.kind == "DispositionSet");
        let is_needed = last == Some("orders") || last == Some("complaints");
        ensure!(is_labelled || !is_needed, "letter {number} ended without a code: {story:?}");
    }
    Ok(())
}

/// Each mailbox is accounted for, mail by mail.
fn check_mailboxes(told: &Told<'_>) -> Result<()> {
    for (name, mailboxes) in [
        ("support", &[Mailbox::Support][..]),
        ("orders", &[Mailbox::Orders]),
        ("welcome", &[Mailbox::Info, Mailbox::Bonjour]),
    ] {
        let count = told.letters.iter().filter(|it| mailboxes.contains(&it.mailbox)).count();
        let count = u64::try_from(count)?;
        // Mail that is fetched by POP3 is deleted once it is recorded.
        let lies = if name == "orders" { 0 } else { count };
        let (said, is_clean) = reconcile(&told.floor.office, name)?;
        ensure!(is_clean && counts(&said) == [lies, lies, 0, 0], "{name} holds {count}: {said}");
        for trouble in ["unaccounted", "twice"] {
            let found = said[trouble].as_array().map_or(0, Vec::len);
            ensure!(found == 0, "{name}: {said}");
        }
    }
    Ok(())
}
