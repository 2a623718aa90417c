//! What happened in a rehearsal, told step by step.

use event::{Address, ContactId, Event, Fact, Line, ReleaseReason, ServiceFact, Step, StepFact};
use projections::{OpenContact, Place};

use crate::answer::{Effect, End, RehearsedStep, instant};
use crate::describe::withheld_reason;

/// What happened to a contact.
pub(super) struct Story {
    /// The steps, in order.
    pub(super) steps: Vec<RehearsedStep>,
    /// Where the contact is then.
    pub(super) end: End,
}

impl Story {
    /// The story of a contact, which is open still or is not; `is_endless` where the rehearsal gave
    /// up.
    pub(super) fn tell(
        events: &[Event],
        contact: ContactId,
        open: Option<&OpenContact>,
        is_endless: bool,
    ) -> Self {
        let mut telling = Telling::default();
        let own = events.iter().filter(|event| event.fact.contact() == Some(contact));
        own.for_each(|event| telling.take(event));
        let mut end = match open {
            Some(open) => whereabouts(open, &telling),
            None => End { text: released(events, contact), ..End::default() },
        };
        if is_endless {
            end.text += ". It goes round in circles, so the test was ended here";
        }
        let mut steps = telling.steps;
        if let Some(step) = telling.at {
            steps.push(stay(&step, telling.pending));
        }
        Self { steps, end }
    }
}

/// A story so far.
#[derive(Default)]
struct Telling {
    steps: Vec<RehearsedStep>,
    /// What happened since the last step.
    pending: Vec<Effect>,
    /// The action that something waits in.
    at: Option<Step>,
    /// Where a copy goes.
    address: Option<Address>,
}

impl Telling {
    fn take(&mut self, event: &Event) {
        match &event.fact {
            Fact::Step(StepFact::ActionTaken(taken)) => {
                let effects = std::mem::take(&mut self.pending);
                self.at = None;
                let mut step = stay(&taken.step, effects);
                step.exit = taken.exit.as_ref().map(ToString::to_string);
                step.is_end = taken.exit.is_none();
                // What failed is told once.
                let failed = step.effects.iter().any(|done| matches!(done, Effect::Failure { .. }));
                let why = event.text().filter(|_| !failed);
                step.why = why.into_iter().flat_map(str::lines).map(str::to_owned).collect();
                self.steps.push(step);
            }
            Fact::Step(StepFact::SubApplicationEntered(entered)) => {
                let mut effects = std::mem::take(&mut self.pending);
                effects.push(Effect::Run { application: entered.application.to_string() });
                self.steps.push(stay(&entered.step, effects));
            }
            Fact::Step(StepFact::WebhookAnswered(answered)) => {
                if let Some(Effect::Webhook { status, answer, .. }) = self.pending.last_mut() {
                    *status = answered.status;
                    *answer = event.text().unwrap_or_default().to_owned();
                }
            }
            Fact::ApplicationPaused { step, until, .. } => {
                self.at = Some(step.clone());
                let ms = until.ms_since(event.time);
                self.pending.push(Effect::Wait { ms, until: instant(*until) });
            }
            Fact::Step(StepFact::ContactForwarded(forwarded)) => {
                self.at = Some(forwarded.step.clone());
                self.address = event.address().cloned();
                self.pending.push(Effect::Forward { to: event.address().map(ToString::to_string) });
            }
            _ => self.pending.extend(effect(event)),
        }
    }
}

fn stay(step: &Step, effects: Vec<Effect>) -> RehearsedStep {
    RehearsedStep {
        application: step.application.to_string(),
        action: step.action.to_string(),
        exit: None,
        is_end: false,
        why: Vec::new(),
        effects,
    }
}

fn effect(event: &Event) -> Option<Effect> {
    let text = || event.text().unwrap_or_default().to_owned();
    Some(match &event.fact {
        Fact::AutomaticReplyRequested { .. } => {
            let (written, composed) = (event.written(), event.composed());
            let attachments = composed.into_iter().flat_map(|composed| &composed.attachments);
            Effect::Reply {
                to: written.map(|written| written.to.to_string()),
                subject: written.map(|written| written.subject.clone()).unwrap_or_default(),
                text: written.map(|written| written.text.clone()).unwrap_or_default(),
                html: composed.and_then(|composed| composed.html.clone()),
                attachments: attachments.map(|file| file.name.clone()).collect(),
            }
        }
        Fact::AutomaticReplyWithheld { reason, .. } => {
            Effect::Withheld { why: withheld_reason(*reason) }
        }
        Fact::Step(StepFact::WebhookRequested(_)) => {
            let call = event.call();
            Effect::Webhook {
                url: call.map(|call| call.url.clone()).unwrap_or_default(),
                body: call.map(|call| call.body.clone()).unwrap_or_default(),
                status: None,
                answer: String::new(),
            }
        }
        Fact::ParameterSet { parameter, .. } => {
            Effect::Parameter { name: parameter.to_string(), value: text() }
        }
        Fact::Service(ServiceFact::ContactNoted(_)) => Effect::Note { text: text() },
        Fact::Service(ServiceFact::ContactTagged(tagged)) => {
            Effect::Tag { tag: tagged.tag.to_string() }
        }
        Fact::ContactQueued { line, priority, .. } => {
            Effect::LineUp { line: named(line), priority: *priority }
        }
        Fact::Step(StepFact::ActionFailed(_)) => Effect::Failure { why: text() },
        _ => return None,
    })
}

fn named(line: &Line) -> String {
    match line {
        Line::Queue(queue) => format!("queue {queue}"),
        Line::Agent(agent) => format!("agent {agent}"),
    }
}

/// Where an open contact is.
fn whereabouts(open: &OpenContact, telling: &Telling) -> End {
    let skills = open.skills.iter().map(|need| (need.skill.to_string(), need.level)).collect();
    let mut end = End { skills, ..End::default() };
    match &open.place {
        Place::Waiting { line, priority, .. } => {
            let needs: Vec<String> =
                open.skills.iter().map(|need| format!("{} {}", need.skill, need.level)).collect();
            let needs = match needs.is_empty() {
                true => String::new(),
                false => format!(", for agents with {}", needs.join(", ")),
            };
            let place = match line {
                Line::Queue(queue) => {
                    end.queue = Some(queue.to_string());
                    format!("in queue {queue}")
                }
                Line::Agent(agent) => {
                    end.agent = Some(agent.0);
                    format!("for agent {agent}")
                }
            };
            end.text = format!("it waits {place}, with priority {priority}{needs}");
            end.priority = Some(*priority);
        }
        Place::Held { agent, line, priority, .. } | Place::Parked { agent, line, priority, .. } => {
            end.text = format!("agent {agent} gets it, from the line of {}", named(line));
            (end.agent, end.priority) = (Some(agent.0), Some(*priority));
            if let Line::Queue(queue) = line {
                end.queue = Some(queue.to_string());
            }
        }
        Place::Forwarded { .. } | Place::Leaving { .. } => {
            let to = telling.address.as_ref().map(ToString::to_string);
            let shown = to.as_deref().unwrap_or("an address");
            end.text = format!("a copy goes to {shown}; it ends once that has arrived");
            end.address = to;
        }
        Place::Application => end.text = "it is in its application".to_owned(),
    }
    end
}

fn released(events: &[Event], contact: ContactId) -> String {
    let reason = events.iter().find_map(|event| match &event.fact {
        Fact::ContactReleased { contact: of, reason, .. } if *of == contact => Some(*reason),
        _ => None,
    });
    match reason {
        Some(ReleaseReason::ApplicationEnded) => {
            "it is released: its application ended before it came to a queue".to_owned()
        }
        _ => "it is released".to_owned(),
    }
}
