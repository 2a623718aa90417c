//! What applications do and how contacts are served, as sentences.

use event::{AgentChoice, Event, Fact, PriorityReason, ServiceFact, StepFact, Timer, UnparkReason};

use crate::answer::instant;

/// A step of an application, where the fact is one.
pub(crate) fn step(event: &Event) -> Option<String> {
    Some(match &event.fact {
        Fact::Step(StepFact::ActionTaken(taken)) => {
            let (contact, action, why) = (taken.contact, &taken.step.action, why(event));
            match &taken.exit {
                Some(exit) => format!("contact {contact} left `{action}` by `{exit}`{why}"),
                None => format!("the application of contact {contact} ended at `{action}`{why}"),
            }
        }
        Fact::Step(StepFact::ActionFailed(failed)) => {
            let (contact, step) = (failed.contact, &failed.step);
            format!(
                "`{}` of {} failed for contact {contact}{}",
                step.action,
                step.application,
                why(event)
            )
        }
        Fact::Step(StepFact::SubApplicationEntered(entered)) => {
            format!("contact {} entered {}", entered.contact, entered.application)
        }
        Fact::Step(StepFact::ApplicationEntered(entered)) => {
            format!("contact {} begins anew in {}", entered.contact, entered.application)
        }
        Fact::Step(StepFact::MailRequested(asked)) => {
            format!("`{}` reads the mail of contact {} again", asked.step.action, asked.contact)
        }
        Fact::Step(StepFact::LanguageRecognised(recognised)) => {
            format!("the mail of contact {} is in {}", recognised.contact, recognised.language)
        }
        Fact::Step(StepFact::WebhookRequested(asked)) => {
            let url = event.call().map_or("another program", |call| &call.url);
            format!("`{}` asks {url} about contact {}", asked.step.action, asked.contact)
        }
        Fact::Step(StepFact::WebhookAnswered(answered)) => match answered.status {
            Some(status) => {
                format!(
                    "`{}` got the answer {status} about contact {}",
                    answered.step.action, answered.contact
                )
            }
            None => {
                format!(
                    "`{}` got no answer about contact {}{}",
                    answered.step.action,
                    answered.contact,
                    why(event)
                )
            }
        },
        Fact::Service(ServiceFact::ContactTagged(tagged)) => {
            format!("contact {} is tagged `{}`", tagged.contact, tagged.tag)
        }
        Fact::Service(ServiceFact::ContactNoted(noted)) => {
            format!("note on contact {}{}", noted.contact, why(event))
        }
        Fact::Step(StepFact::ContactForwarded(forwarded)) => {
            let to = event.address().map_or_else(|| "an address".to_owned(), ToString::to_string);
            format!("`{}` passed contact {} to {to}", forwarded.step.action, forwarded.contact)
        }
        Fact::Step(StepFact::ForwardFailed(failed)) => {
            format!("contact {} could not be passed on; its application goes on", failed.contact)
        }
        Fact::Step(StepFact::ApplicationFileKept(kept)) => {
            format!("file `{}` of {} was kept", kept.name, kept.application)
        }
        _ => return None,
    })
}

/// How a contact is served, where the fact tells that.
pub(crate) fn service(event: &Event) -> Option<String> {
    Some(match &event.fact {
        Fact::Service(ServiceFact::SkillsRequired(required)) => {
            let skills =
                required.skills.iter().map(|need| format!("{} (from {})", need.skill, need.level));
            let skills: Vec<String> = skills.collect();
            let skills = if skills.is_empty() { "no skill".to_owned() } else { skills.join(", ") };
            format!("contact {} needs {skills}", required.contact)
        }
        Fact::Service(ServiceFact::AgentPreferred(preferred)) => {
            let (contact, agent, until) =
                (preferred.contact, preferred.agent, instant(preferred.until));
            format!(
                "contact {contact} waits for agent {agent}, who handled its thread last, until {until}"
            )
        }
        Fact::Service(ServiceFact::RuleAwaited(awaited)) => {
            format!(
                "a rule of its queue applies to contact {} at {}",
                awaited.contact,
                instant(awaited.until)
            )
        }
        Fact::Service(ServiceFact::PriorityChanged(changed)) => {
            let why = match changed.reason {
                PriorityReason::Rule => ", since it has waited long",
                PriorityReason::Person => "",
            };
            format!("contact {} has priority {} now{why}", changed.contact, changed.priority)
        }
        Fact::Service(ServiceFact::AssignmentExplained(explained)) => {
            let (contact, agent) = (explained.contact, explained.agent);
            let choice = choice(explained.choice, explained.level);
            let free = others(explained.free.saturating_sub(1), "could have got it");
            let waiting = others(explained.waiting, "waited in its line");
            let priority = explained.priority;
            format!(
                "agent {agent} got contact {contact}: {choice}; {free}; its priority was {priority}, \
                 and {waiting}"
            )
        }
        Fact::Service(ServiceFact::AcceptanceAwaited(awaited)) => {
            format!(
                "agent {} has until {} to accept contact {}",
                awaited.agent,
                instant(awaited.until),
                awaited.contact
            )
        }
        Fact::Service(ServiceFact::ContactAccepted(accepted)) => {
            format!("agent {} accepted contact {}", accepted.agent, accepted.contact)
        }
        Fact::Service(ServiceFact::ContactParked(parked)) => {
            let until = match (parked.until, parked.until_answer) {
                (Some(until), true) => format!(" until {} or the customer writes", instant(until)),
                (Some(until), false) => format!(" until {}", instant(until)),
                (None, true) => " until the customer writes".to_owned(),
                (None, false) => String::new(),
            };
            format!("agent {} parked contact {}{until}", parked.agent, parked.contact)
        }
        Fact::Service(ServiceFact::ContactUnparked(unparked)) => {
            let why = match unparked.reason {
                UnparkReason::Time => "the time has come",
                UnparkReason::CustomerAnswered => "the customer wrote",
                UnparkReason::Person => "it was called back",
            };
            format!("contact {} is parked no longer: {why}", unparked.contact)
        }
        _ => return None,
    })
}

/// A timer that fired.
pub(crate) fn timer(timer: Timer) -> String {
    match timer {
        Timer::SendAgain(outgoing) => format!("outgoing mail {outgoing} is tried again"),
        Timer::WaitOver(contact) => format!("the wait of contact {contact} is over"),
        Timer::AcceptOver(contact) => format!("nobody accepted contact {contact} in time"),
        Timer::PreferenceOver(contact) => {
            format!("contact {contact} no longer waits for the agent who handled its thread last")
        }
        Timer::RuleDue(contact) => format!("a rule of its queue applies to contact {contact} now"),
        Timer::ParkOver(contact) => format!("contact {contact} has been parked long enough"),
    }
}

fn choice(choice: AgentChoice, level: u8) -> String {
    match choice {
        AgentChoice::LongestIdle => "they had been idle longest".to_owned(),
        AgentChoice::HuntOrder => "they come first in the hunt order".to_owned(),
        AgentChoice::BestSkill => format!("they serve it best (level {level})"),
        AgentChoice::LastAgent => "they handled its thread last".to_owned(),
        AgentChoice::Direct => "it waited for them alone".to_owned(),
        AgentChoice::Pulled => "they took it themselves".to_owned(),
        AgentChoice::Assigned => "a supervisor gave it to them".to_owned(),
    }
}

fn others(count: u32, what: &str) -> String {
    match count {
        0 => format!("nobody else {what}"),
        1 => format!("one other {what}"),
        _ => format!("{count} others {what}"),
    }
}

fn why(event: &Event) -> String {
    event.text().map(|text| format!(": {}", shown(text))).unwrap_or_default()
}

/// A text as it is safe on a terminal: further lines stand apart from those of the journal, and what
/// steers terminals or turns the direction of writing is left out.
fn shown(text: &str) -> String {
    let mut shown = String::new();
    for c in text.chars() {
        match c {
            '\n' => shown.push_str("\n          | "),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            c if c.is_control() => {}
            c => shown.push(c),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use event::{
        Actor, AgentNumber, AssignmentExplained, Cause, ContactId, Event, Position, Timestamp,
    };

    use super::*;

    #[test]
    fn an_assignment_is_explained_in_one_sentence() {
        let cases = [
            (
                (AgentChoice::BestSkill, 3, 12),
                "they serve it best (level 8); 2 others could have got it; its priority was 5, and 12 \
                 others waited in its line",
            ),
            (
                (AgentChoice::Direct, 1, 0),
                "it waited for them alone; nobody else could have got it; its priority was 5, and \
                 nobody else waited in its line",
            ),
            (
                (AgentChoice::Pulled, 2, 1),
                "they took it themselves; one other could have got it; its priority was 5, and one \
                 other waited in its line",
            ),
        ];
        for ((choice, free, waiting), expected) in cases {
            let (contact, agent) = (ContactId::from_digest(&[7; 32]), AgentNumber(1003));
            let (level, priority) = (8, 5);
            let explained =
                AssignmentExplained { contact, agent, choice, waiting, free, level, priority };
            let event = Event {
                time: Timestamp(0),
                actor: Actor::Engine,
                cause: Cause::Event(Position(1)),
                fact: explained.into(),
                private: None,
            };
            let expected = format!("agent 1003 got contact {contact}: {expected}");
            assert_eq!(service(&event), Some(expected));
        }
    }
}
