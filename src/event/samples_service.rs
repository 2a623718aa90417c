//! Samples of the facts about applications and service, and of the directory they rest on.

use crate::samples::{Names, Sample, address, contact, message, outgoing, text, thread};
use crate::{
    AcceptanceAwaited, ActionFailed, ActionTaken, Address, AgentChoice, AgentNumber,
    AgentPreferred, ApplicationEntered, ApplicationFileKept, AssignmentExplained, Attachment, Call,
    Composed, ContactAccepted, ContactForwarded, ContactNoted, ContactParked, ContactTagged,
    ContactUnparked, DirectoryEntry, Fact, ForwardFailed, Hours, LanguageRecognised, Line,
    MailRequested, NameError, NextAgent, Position, PriorityChanged, PriorityReason, Private,
    QueueReason, QueueRule, ReleaseReason, RequeueReason, RuleAwaited, RunningContacts, Schedule,
    ServiceFact, Setting, SkillNeed, SkillsRequired, SpecialDay, StepFact, SubApplicationEntered,
    Timer, Timestamp, UnparkReason, WebhookAnswered, WebhookRequested, WeeklyHours, Written,
};

const LATER: Timestamp = Timestamp(1_767_225_600_000);

/// What applications do.
pub(crate) fn steps(names: &Names) -> Result<Vec<Sample>, NameError> {
    let (contact, step) = (contact(), names.step.clone());
    let application = step.application.clone();
    let taken =
        ActionTaken { contact, step: step.clone(), exit: Some("invoice".parse()?), row: Some(2) };
    let forwarded =
        ContactForwarded { contact, thread: thread(), arrival: Position(7), step: step.clone() };
    let asked =
        WebhookRequested { contact, step: step.clone(), timeout_ms: 5_000, attempts_max: 3 };
    let answered = WebhookAnswered { contact, step: step.clone(), status: Some(200), attempts: 1 };
    let call = Call { url: "https://crm.desk.example/ask".to_owned(), body: "{}".to_owned() };
    let file = ApplicationFileKept {
        application: application.clone(),
        name: "terms.pdf".to_owned(),
        media_type: "application/pdf".to_owned(),
        content: message(),
    };
    Ok(vec![
        (Fact::Step(StepFact::ActionTaken(taken)), text("row 2: subject contains `invoice`")),
        (
            Fact::Step(StepFact::ActionFailed(ActionFailed { contact, step: step.clone() })),
            text("no such key"),
        ),
        (
            Fact::Step(StepFact::SubApplicationEntered(SubApplicationEntered {
                contact,
                step: step.clone(),
                application: application.clone(),
            })),
            None,
        ),
        (
            Fact::Step(StepFact::ApplicationEntered(ApplicationEntered { contact, application })),
            None,
        ),
        (Fact::Step(StepFact::MailRequested(MailRequested { contact, step: step.clone() })), None),
        (
            Fact::Step(StepFact::LanguageRecognised(LanguageRecognised {
                contact,
                language: "fr".to_owned(),
            })),
            None,
        ),
        (Fact::Step(StepFact::WebhookRequested(asked)), Some(Private::Call(Box::new(call)))),
        (Fact::Step(StepFact::WebhookAnswered(answered)), text("{\"tier\":\"gold\"}")),
        (
            Fact::Service(ServiceFact::ContactTagged(ContactTagged {
                contact,
                tag: "invoice".parse()?,
            })),
            None,
        ),
        (
            Fact::Service(ServiceFact::ContactNoted(ContactNoted { contact })),
            text("Called back on Monday."),
        ),
        (Fact::Step(StepFact::ContactForwarded(forwarded)), address("billing@partner.example")),
        (
            Fact::Step(StepFact::ForwardFailed(ForwardFailed { contact, outgoing: outgoing() })),
            None,
        ),
        (Fact::Step(StepFact::ApplicationFileKept(file)), None),
        (
            Fact::AutomaticReplyRequested { contact, thread: thread(), arrival: Position(7), step },
            composed(),
        ),
    ])
}

fn composed() -> Option<Private> {
    let to = Address::new("jo@customer.example").ok()?;
    let subject = "Auto: Printer on fire".to_owned();
    Some(Private::Composed(Box::new(Composed {
        written: Written { to, subject, text: "It is on our list.\n".to_owned() },
        html: Some("<p>It is on our list.</p>".to_owned()),
        attachments: vec![Attachment {
            name: "terms.pdf".to_owned(),
            media_type: "application/pdf".to_owned(),
            content: message(),
        }],
    })))
}

/// How contacts are served.
pub(crate) fn service(names: &Names) -> Result<Vec<Sample>, NameError> {
    let (contact, agent, until) = (contact(), AgentNumber(1001), LATER);
    let skills = vec![SkillNeed { skill: "french".parse()?, level: 3 }];
    let explained = AssignmentExplained {
        contact,
        agent,
        choice: AgentChoice::BestSkill,
        waiting: 4,
        free: 2,
        level: 9,
        priority: 7,
    };
    let line = Line::Queue(names.queue.clone());
    let raised = PriorityChanged { contact, priority: 7, reason: PriorityReason::Rule };
    let parked = ContactParked { contact, agent, until: Some(until), until_answer: true };
    Ok(vec![
        (Fact::Service(ServiceFact::SkillsRequired(SkillsRequired { contact, skills })), None),
        (
            Fact::Service(ServiceFact::AgentPreferred(AgentPreferred { contact, agent, until })),
            None,
        ),
        (Fact::Service(ServiceFact::RuleAwaited(RuleAwaited { contact, until })), None),
        (Fact::Service(ServiceFact::PriorityChanged(raised)), None),
        (Fact::Service(ServiceFact::AssignmentExplained(explained)), None),
        (
            Fact::Service(ServiceFact::AcceptanceAwaited(AcceptanceAwaited {
                contact,
                agent,
                until,
            })),
            None,
        ),
        (Fact::Service(ServiceFact::ContactAccepted(ContactAccepted { contact, agent })), None),
        (Fact::Service(ServiceFact::ContactParked(parked)), None),
        (
            Fact::Service(ServiceFact::ContactUnparked(ContactUnparked {
                contact,
                reason: UnparkReason::CustomerAnswered,
            })),
            None,
        ),
        (Fact::TimerFired { timer: Timer::ParkOver(contact) }, None),
        (
            Fact::ContactQueued {
                contact,
                line: line.clone(),
                priority: 5,
                entered: until,
                reason: QueueReason::Overflow,
            },
            None,
        ),
        (
            Fact::ContactRequeued {
                contact,
                line,
                priority: 5,
                entered: until,
                reason: RequeueReason::NotAccepted,
            },
            None,
        ),
        (Fact::ContactReleased { contact, agent: None, reason: ReleaseReason::Supervisor }, None),
    ])
}

/// The directory and the settings that these rest on.
pub(crate) fn directory(names: &Names) -> Result<Vec<Sample>, NameError> {
    let (number, queue) = (AgentNumber(1001), names.queue.clone());
    let hours = Hours { from: 540, to: 1020 };
    let schedule = Schedule {
        name: "office".parse()?,
        zone: "Europe/Paris".to_owned(),
        hours: vec![WeeklyHours { weekday: 1, hours }],
        days: vec![SpecialDay {
            year: 2026,
            month: 12,
            day: 25,
            name: "Christmas".to_owned(),
            hours: Vec::new(),
        }],
    };
    let rules = [
        QueueRule::NextAgent(NextAgent::HuntOrder(vec![number])),
        QueueRule::AcceptWithin { ms: 60_000 },
        QueueRule::ServiceLevel { percent: 80, within_ms: 14_400_000 },
        QueueRule::RaisePriority { every_ms: 3_600_000, by: 1, to: 9 },
        QueueRule::Overflow { after_ms: 7_200_000, to: queue.clone() },
        QueueRule::PreferLastAgent { wait_ms: 900_000 },
        QueueRule::Dispositions { codes: vec!["solved".parse()?], required: true },
    ];
    let mut entries: Vec<DirectoryEntry> = rules
        .into_iter()
        .map(|rule| DirectoryEntry::QueueRule { queue: queue.clone(), rule })
        .collect();
    entries.extend([
        DirectoryEntry::AgentLevel { number, queue, level: 9 },
        DirectoryEntry::Skill { name: "french".parse()? },
        DirectoryEntry::AgentSkill { number, skill: "french".parse()?, level: 7 },
        DirectoryEntry::Team { name: "first line".parse()? },
        DirectoryEntry::AgentTeam { number, team: "first line".parse()? },
        DirectoryEntry::Disposition { code: "solved".parse()? },
        DirectoryEntry::Schedule(schedule),
    ]);
    let settings = vec![
        Setting::RunningContacts(RunningContacts::Move),
        Setting::AgentWaitMs(3_600_000),
        Setting::WebhookHosts(vec!["crm.desk.example".to_owned()]),
    ];
    Ok(vec![(Fact::DirectoryLoaded { entries }, None), (Fact::SettingsLoaded { settings }, None)])
}
