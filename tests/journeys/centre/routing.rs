//! Who got which contact, and whether the rules of the queues say so.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};
use harness::within;

use super::super::happenings::Happening;
use super::super::office::LONG;
use super::checks::Told;
use super::floor::Floor;
use super::letters::{Letter, Mailbox};

/// The highest priority that waiting gives in `general`.
const RAISED: u64 = 9;

/// Waits until so many contacts have gone from `orders` to `general`, and risen there as high as
/// they can.
pub(crate) fn wait_until_raised(floor: &Floor<'_>, count: usize) -> Result<()> {
    within(LONG, "what is left waits in `general` with the highest priority", || {
        let waiting = floor.office.queue("general")?;
        let risen = waiting.iter().filter(|row| row["priority"] == RAISED).count();
        Ok((risen == count && floor.office.queue("orders")?.is_empty()).then_some(()))
    })
}

/// Checks every assignment and every rule.
pub(crate) fn check(told: &Told<'_>) -> Result<()> {
    let mut chosen: BTreeSet<String> = BTreeSet::new();
    for (place, event) in told.events.iter().enumerate() {
        if event.kind == "ContactAssigned" {
            let reason = told.events.get(place + 1).context("an assignment is explained")?;
            check_assignment(told, event, reason)?;
            chosen.insert(reason.text("choice"));
        }
    }
    let all =
        ["Assigned", "BestSkill", "Direct", "HuntOrder", "LastAgent", "LongestIdle", "Pulled"];
    ensure!(chosen.iter().eq(all), "contacts were given by {chosen:?} alone");
    check_capacity(told)?;
    check_rules(told)?;
    for letter in told.letters {
        check_affinity(told, letter).with_context(|| format!("{letter:?}"))?;
    }
    Ok(())
}

/// An assignment has its reason, and that fits what the directory says of queue and agent.
fn check_assignment(told: &Told<'_>, event: &Happening, reason: &Happening) -> Result<()> {
    let wrong = || format!("{event:?} is explained by {reason:?}");
    let agent = event.number("agent");
    let same = reason.text("contact") == event.text("contact") && reason.number("agent") == agent;
    ensure!(reason.kind == "AssignmentExplained" && same, wrong());
    let member = told.floor.members.iter().find(|it| u64::from(it.agent.number) == agent);
    let member = member.with_context(wrong)?;
    let (queue, choice) = (event.fact["line"]["Queue"].as_str(), reason.text("choice"));
    let level = match queue {
        Some(queue) => member.queues.get(queue).copied().unwrap_or_default(),
        None if event.fact["line"]["Agent"] == agent => 10,
        None => 0,
    };
    ensure!(reason.number("level") == level, wrong());
    let fits: &[&str] = match queue {
        None => &["Direct", "Pulled", "Assigned"],
        Some("complaints") => &["HuntOrder", "Pulled", "Assigned"],
        Some("languages") => &["BestSkill", "LastAgent", "Pulled", "Assigned"],
        Some("general") => &["LongestIdle", "LastAgent", "Pulled", "Assigned"],
        Some(_) => &["LongestIdle", "Pulled", "Assigned"],
    };
    ensure!(fits.contains(&choice.as_str()), wrong());
    ensure!(level > 0 || choice == "Assigned", wrong());
    let contact = event.text("contact");
    let skills = told.events.iter().rev().find(|it| {
        it.kind == "SkillsRequired" && it.position < event.position && it.text("contact") == contact
    });
    for need in skills.and_then(|it| it.fact["skills"].as_array()).into_iter().flatten() {
        let has = need["skill"].as_str().and_then(|skill| member.skills.get(skill)).copied();
        let is_free = queue.is_none() || ["Pulled", "Assigned"].contains(&choice.as_str());
        ensure!(is_free || has >= need["level"].as_u64(), "{member:?} lacks {need}: {}", wrong());
    }
    Ok(())
}

/// Nobody ever holds more than they may.
fn check_capacity(told: &Told<'_>) -> Result<()> {
    let mut held: BTreeMap<String, u64> = BTreeMap::new();
    for event in &told.events {
        let contact = event.text("contact");
        match event.kind.as_str() {
            "ContactAssigned" => {
                let agent = event.number("agent");
                held.insert(contact, agent);
                let count = held.values().filter(|holder| **holder == agent).count();
                let member =
                    told.floor.members.iter().find(|it| u64::from(it.agent.number) == agent);
                let capacity = member.map_or(0, |it| it.capacity);
                ensure!(count <= capacity, "{agent} holds {count}: {event:?}");
            }
            "ContactReleased" | "ContactRequeued" | "ContactTransferred" | "ContactParked"
            | "ContactQueued" => {
                held.remove(&contact);
            }
            _ => {}
        }
    }
    Ok(())
}

/// Overflow, and rising priorities: not before their time, and where they must.
fn check_rules(told: &Told<'_>) -> Result<()> {
    let mut lined_up: BTreeMap<String, (String, u64)> = BTreeMap::new();
    for event in &told.events {
        let contact = event.text("contact");
        if event.kind != "ContactQueued" {
            continue;
        }
        let queue = event.fact["line"]["Queue"].as_str().unwrap_or_default().to_owned();
        if event.text("reason") == "Overflow" {
            let (from, since) = lined_up.get(&contact).context("it was elsewhere before")?;
            let least_ms = if from == "gold" { 8_000 } else { 6_000 };
            let waited_ms = event.time.saturating_sub(*since);
            ensure!(queue == "general" && waited_ms >= least_ms, "{event:?} after {waited_ms} ms");
            ensure!(from == "gold" || from == "orders", "{event:?} from {from}");
        }
        lined_up.insert(contact, (queue, event.time));
    }
    for number in super::LEFT {
        let story = told.story(number)?;
        let overflows = story.iter().filter(|it| it.text("reason") == "Overflow").count();
        let risen: Vec<u64> = story
            .iter()
            .filter(|it| it.kind == "PriorityChanged" && it.text("reason") == "Rule")
            .map(|it| it.number("priority"))
            .collect();
        ensure!(overflows == 1 && risen.last() == Some(&RAISED), "letter {number}: {story:?}");
        ensure!(risen.is_sorted_by(|one, other| one < other), "letter {number} rose {risen:?}");
    }
    Ok(())
}

/// Mail to info@ and bonjour@ waits first for the agent who handled the thread last, where they can
/// take it.
fn check_affinity(told: &Told<'_>, letter: &Letter) -> Result<()> {
    if !matches!(letter.mailbox, Mailbox::Info | Mailbox::Bonjour) {
        return Ok(());
    }
    let Some(last) = told.last_agent(letter)? else { return Ok(()) };
    let Some((queue, _, skill)) = told.expected(letter.number)?.queue else { return Ok(()) };
    let member = told.floor.members.iter().find(|it| u64::from(it.agent.number) == last);
    let member = member.context("the last agent is listed")?;
    let speaks =
        skill.is_none_or(|skill| member.skills.get(skill).is_some_and(|level| *level >= 6));
    let is_present = !told.floor.is_absent(member.agent.number);
    let is_due = is_present && member.queues.contains_key(queue) && speaks;
    let story = told.story(letter.number)?;
    let queued = story.iter().position(|it| it.kind == "ContactQueued").context("it waits")?;
    let preferred = story.iter().skip(queued).take(2).find(|it| it.kind == "AgentPreferred");
    ensure!(
        preferred.map(|it| it.number("agent")) == is_due.then_some(last),
        "agent {last} handled it last ({member:?}), and {preferred:?} is preferred: {story:?}"
    );
    let Some(preferred) = preferred else { return Ok(()) };
    let assigned =
        story.iter().find(|it| it.kind == "ContactAssigned").context("somebody got it")?;
    let in_time = assigned.time < preferred.number("until");
    ensure!(!in_time || assigned.number("agent") == last, "{last} had time left: {assigned:?}");
    Ok(())
}
