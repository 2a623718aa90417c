//! Events as sentences, for people.

use event::{
    AgentState, AutomaticKind, CheckedBy, CopyKind, DeliveryOutcome, Event, Fact, Handler,
    LateReason, MailRefusal, QuarantineReason, QueueReason, Quotes, ReleaseReason, ReplyRefusal,
    RequeueReason, SignedReplies, Source, Target, UncertainReason, Verification, WithheldReason,
};

use crate::describe_service::{service, step, timer};

/// One event as a sentence without its time.
pub fn describe(event: &Event) -> String {
    engine(event)
        .or_else(|| mail(event))
        .or_else(|| work(event))
        .or_else(|| sending(event))
        .or_else(|| reported(event))
        .or_else(|| automatic(event))
        .or_else(|| step(event))
        .or_else(|| service(event))
        .unwrap_or_else(|| event.fact.name().to_owned())
}

fn engine(event: &Event) -> Option<String> {
    Some(match &event.fact {
        Fact::EngineStarted { version, previous: None } => {
            format!("Postbook {version} started on an empty log")
        }
        Fact::EngineStarted { version, previous: Some(previous) } => {
            let seconds = event.time.ms_since(*previous) / 1000;
            format!("Postbook {version} started, {seconds} s after the last event")
        }
        Fact::EngineStopped => "Postbook stopped".to_owned(),
        Fact::DirectoryLoaded { entries } => {
            format!("the directory was loaded: {} entries", entries.len())
        }
        Fact::SettingsLoaded { .. } => "the settings were loaded".to_owned(),
        Fact::ApplicationPublished { application, .. } => {
            format!("application {application} was published")
        }
        Fact::MailboxActivated { source } => {
            format!("mailbox {} was opened; what lies there is history", source.mailbox)
        }
        Fact::TimerFired { timer: fired } => timer(*fired),
        _ => return None,
    })
}

fn mail(event: &Event) -> Option<String> {
    Some(match &event.fact {
        Fact::ContactArrived { contact, source, .. } => {
            format!("contact {contact} arrived in {}{}", source.mailbox, summary(event))
        }
        Fact::SenderChecked { contact, verification } => {
            let Verification { dkim, spf, dmarc, by } = verification;
            let by = match by {
                CheckedBy::Nobody => "nobody",
                CheckedBy::Server => "the mail server",
                CheckedBy::Ourselves => "Postbook",
            };
            format!(
                "the sender of contact {contact} was checked by {by}: DMARC {dmarc}, DKIM {dkim}, SPF {spf}"
            )
        }
        Fact::EncryptionFound { contact } => {
            format!("the mail of contact {contact} is encrypted and delivered unopened")
        }
        Fact::MailFiled { thread, kind, .. } => {
            let kind = automatic_kind(*kind);
            let thread = thread.map_or_else(|| "no thread".to_owned(), |thread| thread.to_string());
            format!("{kind} was filed under {thread}{}", summary(event))
        }
        Fact::MailDuplicated { contact, source } => {
            format!("{} was found again; it is contact {contact}", place(source))
        }
        Fact::MailQuarantined { source, reason, .. }
        | Fact::MailSetAside { source, reason, .. } => {
            format!("{} was put in quarantine: {}", place(source), quarantine_reason(*reason))
        }
        Fact::MailRefused { source, size, reason } => refused(source, *size, *reason),
        Fact::MailVanished { mailbox, marks } => {
            format!("{} mails lie no longer on the server of {mailbox}", marks.len())
        }
        Fact::ReplyReceived { contact, handler, late, .. } => {
            let late = match late {
                None => "",
                Some(LateReason::Transferred) => " (late: the contact is with someone else)",
                Some(LateReason::Released) => " (late: the contact is released)",
            };
            let left_out = event.letter().map_or(0, |letter| letter.left_out);
            let left_out = match left_out {
                0 => String::new(),
                more => format!("; {more} people too many were named and get no copy"),
            };
            format!("{} answered contact {contact}{late}{left_out}", who(*handler))
        }
        Fact::ReplyRefused { source, reason, .. } => {
            let reason = match reason {
                ReplyRefusal::NoToken => "it carries no reply token",
                ReplyRefusal::ForgedToken => "its reply token is forged",
                ReplyRefusal::UnknownDelivery => "its reply token names no delivery",
                ReplyRefusal::WrongSender => "its sender does not handle the contact",
                ReplyRefusal::Automatic => "it is automatic",
                ReplyRefusal::NoRecipient => "the customer's address is not known",
                ReplyRefusal::NoRights => "its sender is no longer in the directory",
                ReplyRefusal::Signed => "its signature would show who wrote it",
            };
            format!("{} was not relayed: {reason}", place(source))
        }
        _ => return None,
    })
}

fn refused(source: &Source, size: u64, reason: MailRefusal) -> String {
    let place = place(source);
    match reason {
        MailRefusal::Oversize => format!("{place} was refused: {size} bytes"),
        MailRefusal::OwnMail => format!("{place} was refused: we sent it ourselves"),
        MailRefusal::History => format!("{place} is from before the mailbox was opened"),
    }
}

fn work(event: &Event) -> Option<String> {
    Some(match &event.fact {
        Fact::StepTaken { contact, step, exit: Some(exit) } => {
            format!("contact {contact} left `{}` by `{exit}`", step.action)
        }
        Fact::StepTaken { contact, step, exit: None } => {
            format!("the application of contact {contact} ended at `{}`", step.action)
        }
        Fact::ApplicationPaused { contact, step, .. } => {
            format!("contact {contact} waits in `{}`", step.action)
        }
        Fact::ParameterSet { contact, parameter } => {
            format!("`{parameter}` of contact {contact} was set")
        }
        Fact::ContactRestarted { contact } => {
            format!("contact {contact} enters its application again")
        }
        Fact::ContactQueued { contact, line, priority, reason, .. } => {
            let why = match reason {
                QueueReason::Application => "",
                QueueReason::Transfer => " by transfer",
                QueueReason::Overflow => " since it waited too long in another queue",
                QueueReason::AgentWaitOver => " since it waited too long for one agent",
                QueueReason::Unparked => " after it was parked",
                QueueReason::Moved => " by a supervisor's wish",
            };
            format!("contact {contact} waits in {line}{why}, priority {priority}")
        }
        Fact::ContactRequeued { contact, line, reason, .. } => {
            let why = match reason {
                RequeueReason::DeliveryFailed => "its copy could not be delivered",
                RequeueReason::SignedOut => "the agent signed out",
                RequeueReason::AgentRemoved => "the agent left the directory",
                RequeueReason::Bounced => "its copy came back",
                RequeueReason::NotAccepted => "the agent did not accept it in time",
                RequeueReason::Declined => "the agent declined it",
            };
            format!("contact {contact} is back at the head of {line}: {why}")
        }
        Fact::ContactAssigned { contact, agent, waited_ms, .. } => {
            let seconds = waited_ms / 1000;
            format!("contact {contact} was given to agent {agent} after {seconds} s")
        }
        Fact::ContactTransferred { contact, from, to, .. } => {
            let to = match to {
                Target::Agent(agent) => format!("agent {agent}"),
                Target::Queue(queue) => format!("queue {queue}"),
                Target::Address => address(event),
            };
            format!("agent {from} transferred contact {contact} to {to}")
        }
        Fact::DispositionSet { contact, code } => format!("contact {contact} is labelled `{code}`"),
        Fact::ContactReleased { contact, reason, .. } => {
            let why = match reason {
                ReleaseReason::Agent => "",
                ReleaseReason::Reply => " by the reply",
                ReleaseReason::Restart => " by the restart",
                ReleaseReason::TransferredOut => ": it was passed on",
                ReleaseReason::ApplicationEnded => ": its application ended",
                ReleaseReason::Supervisor => " by a supervisor",
            };
            format!("contact {contact} was released{why}")
        }
        Fact::AgentStateChanged { agent, state } => match state {
            AgentState::SignedOut => format!("agent {agent} signed out"),
            AgentState::NotReady { reason } => format!("agent {agent} is not ready: {reason}"),
            AgentState::Ready => format!("agent {agent} is ready"),
        },
        _ => return None,
    })
}

fn sending(event: &Event) -> Option<String> {
    Some(match &event.fact {
        Fact::SendStarted { outgoing, attempt, .. } => {
            format!("outgoing mail {outgoing} goes to the mail server (attempt {attempt})")
        }
        Fact::SendDeferred { outgoing, .. } => {
            format!("outgoing mail {outgoing} waits to be tried again{}", text(event))
        }
        Fact::SendRefused { outgoing, .. } => {
            format!("outgoing mail {outgoing} was refused{}", text(event))
        }
        Fact::SendUncertain { outgoing, reason, .. } => {
            let why = match reason {
                UncertainReason::ConnectionLost => "the connection was lost",
                UncertainReason::Restart => "Postbook was interrupted",
            };
            format!("nobody knows whether outgoing mail {outgoing} was sent: {why}")
        }
        Fact::SendRepeated { outgoing, .. } => {
            format!("outgoing mail {outgoing} is to be sent again")
        }
        Fact::ContactDelivered { contact, handler, .. } => {
            format!("contact {contact} is in the mailbox of {}", who(*handler))
        }
        Fact::ReplyRelayed { contact, .. } => {
            format!("the answer to contact {contact} went to the customer")
        }
        Fact::ReplyCopyRequested { contact, kind, .. } => {
            let hidden = match kind {
                CopyKind::External => "",
                CopyKind::Internal => ", unseen by the customer",
            };
            let to = address(event);
            format!("the answer to contact {contact} goes to {to}, too{hidden}")
        }
        Fact::AttachmentsWithheld { contact, .. } => {
            format!("the agent's copy of contact {contact} goes without attachments{}", text(event))
        }
        Fact::ReducedCopyRequested { contact, copy, .. } => {
            format!(
                "copy {copy} of contact {contact} is too large: its header and text go to {}",
                address(event)
            )
        }
        Fact::ReplyScreened { contact, quoted, elsewhere, quotes, signed, .. } => {
            format!(
                "the answer to contact {contact} {}",
                screened(*quoted, *elsewhere, *quotes, *signed)
            )
        }
        Fact::NoteReceived { contact, to, .. } => {
            let to = to.map_or_else(|| "nobody who could read it".to_owned(), who);
            format!("a note on contact {contact} goes to {to}{}", summary(event))
        }
        Fact::NoteSent { contact, outgoing, .. } => {
            format!("note {outgoing} on contact {contact} was sent")
        }
        Fact::ReplyCopied { contact, outgoing, .. } => {
            format!("copy {outgoing} of the answer to contact {contact} was sent")
        }
        _ => return None,
    })
}

fn reported(event: &Event) -> Option<String> {
    Some(match &event.fact {
        Fact::DeliveryReported { outgoing, outcome, status, .. } => {
            let outcome = match outcome {
                DeliveryOutcome::Failed => "came back",
                DeliveryOutcome::Delayed => "is delayed on its way",
                DeliveryOutcome::Delivered => "arrived",
                DeliveryOutcome::Relayed => "went on to a server that does not report",
                DeliveryOutcome::Expanded => "arrived and went on to several addresses",
            };
            let status = status.as_ref().map(|status| format!(" ({status})")).unwrap_or_default();
            format!("outgoing mail {outgoing} {outcome}{status}")
        }
        Fact::NoticeRequested { contact, about, .. } => {
            format!("{} is told of event {about} on contact {contact}", address(event))
        }
        Fact::NoticeSent { contact, outgoing, .. } => {
            format!("notice {outgoing} on contact {contact} was sent")
        }
        _ => return None,
    })
}

pub(crate) fn withheld_reason(reason: WithheldReason) -> String {
    match reason {
        WithheldReason::Automatic(kind) => {
            format!("no person wrote it, it is {}", automatic_kind(kind))
        }
        WithheldReason::NoAddress => "it names no address".to_owned(),
        WithheldReason::OwnAddress => "it would go to ourselves".to_owned(),
        WithheldReason::Thread => "its thread got one within the last day".to_owned(),
        WithheldReason::Address => "its address got too many within a day".to_owned(),
        WithheldReason::Domain => "its domain got too many within an hour".to_owned(),
        WithheldReason::Total => "too many went out within an hour".to_owned(),
        WithheldReason::Old => "it came long ago".to_owned(),
        WithheldReason::Stranger => "no agent wrote it".to_owned(),
    }
}

fn screened(quoted: u32, elsewhere: u32, quotes: Quotes, signed: Option<SignedReplies>) -> String {
    let kept = if quotes == Quotes::Redact { "removed" } else { "kept" };
    let found = [
        (quoted > 0)
            .then(|| format!("{quoted} private addresses where it quotes someone ({kept})")),
        (elsewhere > 0).then(|| format!("{elsewhere} private addresses in its own text (kept)")),
        signed.map(|signed| match signed {
            SignedReplies::Strip => "a signature (taken off)".to_owned(),
            SignedReplies::Refuse | SignedReplies::Relay => "a signature (kept)".to_owned(),
        }),
    ];
    format!("holds {}", found.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

fn automatic(event: &Event) -> Option<String> {
    Some(match &event.fact {
        Fact::AutomaticMailRecognised { contact, kind } => {
            format!("no person wrote contact {contact}: it is {}", automatic_kind(*kind))
        }
        Fact::AutomaticReplyRequested { contact, .. } => {
            let written = event.written();
            let to = written.map_or_else(|| "an address".to_owned(), |mail| mail.to.to_string());
            let subject = written.map(|mail| format!(": {}", mail.subject)).unwrap_or_default();
            format!("an automatic answer to contact {contact} goes to {to}{subject}")
        }
        Fact::AutomaticReplyWithheld { contact, reason, .. } => {
            format!("contact {contact} gets no automatic answer: {}", withheld_reason(*reason))
        }
        Fact::OversizeHeaderKept { refusal, withheld: Some(reason), .. } => {
            let why = withheld_reason(*reason);
            format!("nobody is told that the mail refused in {refusal} was too large: {why}")
        }
        Fact::OversizeHeaderKept { refusal, withheld: None, .. } => {
            let written = event.written();
            let to = written.map_or_else(|| "its writer".to_owned(), |mail| mail.to.to_string());
            format!("{to} is told that the mail refused in {refusal} was too large")
        }
        Fact::AutomaticReplySent { contact, .. } => {
            format!("the automatic answer to contact {contact} was sent")
        }
        _ => return None,
    })
}

fn automatic_kind(kind: AutomaticKind) -> &'static str {
    match kind {
        AutomaticKind::Answer => "an automatic answer",
        AutomaticKind::Bounce => "a bounce, or its sender takes no answer",
        AutomaticKind::Receipt => "a receipt",
        AutomaticKind::List => "list or bulk mail",
    }
}

fn place(source: &Source) -> String {
    format!("mail {} in {}", source.mark, source.mailbox)
}

fn who(handler: Handler) -> String {
    match handler {
        Handler::Agent(agent) => format!("agent {agent}"),
        Handler::Address => "a plain address".to_owned(),
    }
}

fn summary(event: &Event) -> String {
    let Some(details) = event.mail() else { return String::new() };
    let from = details.from.as_ref();
    let from = from.map_or_else(|| "someone".to_owned(), |from| from.address.to_string());
    format!(" from {from}: {}", details.subject)
}

fn address(event: &Event) -> String {
    event.address().map_or_else(|| "an address".to_owned(), ToString::to_string)
}

fn text(event: &Event) -> String {
    event.text().map(|text| format!(": {text}")).unwrap_or_default()
}

/// Why a mail is in quarantine.
pub(crate) fn quarantine_reason(reason: QuarantineReason) -> &'static str {
    match reason {
        QuarantineReason::NoHeader => "it has no header",
        QuarantineReason::ParserFailed => "the parser failed on it",
        QuarantineReason::Withheld => "the mail server lists it but does not send it",
        QuarantineReason::Garbled => "what the mail server sends of it cannot be read",
        QuarantineReason::Interrupted => "the connection broke each time it was fetched",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fact_has_a_sentence() {
        for event in event::samples::events().unwrap() {
            let text = describe(&event);
            assert_ne!(text, event.fact.name(), "no sentence");
            assert!(text.contains(' ') && !text.contains("  "), "{text}");
        }
    }
}
