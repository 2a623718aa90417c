//! One sample of every fact, for golden bytes and for the tests of other packages.

use crate::{
    Actor, Address, AgentNumber, AgentState, ApplicationRef, AutomaticKind, Cause, Check,
    CheckedBy, CommandId, ContactId, CopyFrom, CopyKind, DeliveryOutcome, DirectoryEntry, Event,
    Fact, Fingerprint, Handler, HeldContacts, LateReason, Letter, Line, MailDetails, MailRefusal,
    MailboxName, Mark, MessageDigest, MessageRef, NameError, OutgoingId, Person, Position, Private,
    PrivateEntry, QuarantineReason, QueueName, QueueReason, Quotes, ReleaseReason, ReplyRefusal,
    RequeueReason, SenderDomains, Setting, SignedReplies, Source, Step, Target, ThreadId, Timer,
    Timestamp, UncertainReason, Verification, WithheldReason, Written, samples_service,
};

const CONTACT: [u8; 32] = [7; 32];

pub(crate) fn contact() -> ContactId {
    ContactId::from_digest(&CONTACT)
}

pub(crate) fn thread() -> ThreadId {
    ThreadId(contact())
}

pub(crate) fn message() -> MessageRef {
    MessageRef { digest: MessageDigest([9; 32]), size: 4321 }
}

pub(crate) fn outgoing() -> OutgoingId {
    OutgoingId(Position(42))
}

pub(crate) fn address(text: &str) -> Option<Private> {
    Address::new(text).ok().map(Private::Address)
}

pub(crate) fn text(text: &str) -> Option<Private> {
    Some(Private::Text(text.to_owned()))
}

fn details() -> Option<Private> {
    let from = Address::new("jo@customer.example").ok();
    Some(Private::Mail(Box::new(MailDetails {
        from: from.clone().map(|address| Person { name: Some("Jo".to_owned()), address }),
        answer_to: from,
        subject: "Printer on fire".to_owned(),
        message_id: Some("1@customer.example".to_owned()),
        date: Some(Timestamp(1_767_225_600_000)),
        others: Address::new("colleague@business.example").into_iter().collect(),
        attachments: vec!["smoke.jpg".to_owned()],
    })))
}

fn letter() -> Option<Private> {
    let Some(Private::Mail(mail)) = details() else { return None };
    let cc = mail.others.clone();
    let shown = Address::new("finance@desk.example").into_iter().collect();
    Some(Private::Letter(Box::new(Letter { mail: *mail, cc, shown, left_out: 0 })))
}

/// The names that samples share.
pub(crate) struct Names {
    pub(crate) mailbox: MailboxName,
    pub(crate) application: ApplicationRef,
    pub(crate) step: Step,
    pub(crate) queue: QueueName,
}

impl Names {
    fn new() -> Result<Self, NameError> {
        let application = ApplicationRef { name: "support".parse()?, version: 3 };
        Ok(Self {
            mailbox: "support".parse()?,
            queue: "support".parse()?,
            step: Step { application: application.clone(), action: "to queue".parse()?, visit: 1 },
            application,
        })
    }

    fn source(&self) -> Source {
        Source { mailbox: self.mailbox.clone(), mark: Mark::Imap { uid_validity: 77, uid: 1234 } }
    }
}

/// At least one event of every fact, in the order in which their shapes came, with its private part.
pub fn events() -> Result<Vec<Event>, NameError> {
    let names = Names::new()?;
    let mut facts = settings(&names)?;
    facts.extend(arrivals(&names));
    facts.extend(application(&names)?);
    facts.extend(sending());
    facts.extend(replies(&names));
    facts.extend(handling()?);
    facts.extend(copies(&names));
    facts.extend(screening());
    facts.extend(senders());
    facts.extend(automatic(&names));
    facts.extend(flags());
    facts.push(vanished(&names));
    facts.push(set_aside(&names));
    facts.extend(reports(&names));
    facts.extend(samples_service::steps(&names)?);
    facts.extend(samples_service::service(&names)?);
    facts.extend(samples_service::directory(&names)?);
    Ok(facts
        .into_iter()
        .zip(1u64..)
        .map(|((fact, private), at)| Event {
            time: Timestamp(1_767_225_600_000 + at),
            actor: Actor::Engine,
            cause: if at % 2 == 0 {
                Cause::Event(Position(at))
            } else {
                Cause::Command(CommandId(at << 40))
            },
            fact,
            private,
        })
        .collect())
}

pub(crate) type Sample = (Fact, Option<Private>);

fn settings(names: &Names) -> Result<Vec<Sample>, NameError> {
    let mailbox = Address::new("support@desk.example").into_iter().collect();
    Ok(vec![
        (Fact::EngineStarted { version: "0.1.0".to_owned(), previous: Some(Timestamp(1)) }, None),
        (Fact::EngineStopped, None),
        (
            Fact::DirectoryLoaded {
                entries: vec![
                    DirectoryEntry::Queue { name: "support".parse()? },
                    DirectoryEntry::Agent {
                        number: AgentNumber(1001),
                        queues: vec!["support".parse()?],
                        capacity: 1,
                    },
                    DirectoryEntry::Mailbox {
                        name: names.mailbox.clone(),
                        application: names.application.name.clone(),
                    },
                    DirectoryEntry::Internal { name: "internal".parse()? },
                ],
            },
            Some(Private::Directory(vec![
                PrivateEntry::Agent {
                    number: AgentNumber(1001),
                    name: "Ada".to_owned(),
                    address: Address::new("ada@desk.example").unwrap_or_else(|_| unreachable!()),
                },
                PrivateEntry::Mailbox {
                    name: names.mailbox.clone(),
                    display_name: Some("Support".to_owned()),
                    addresses: mailbox,
                },
            ])),
        ),
        (
            Fact::SettingsLoaded {
                settings: vec![
                    Setting::RestartHeldContacts(HeldContacts::Keep),
                    Setting::ReleaseOnReply(true),
                    Setting::AgentCopyFrom(CopyFrom::Via),
                ],
            },
            None,
        ),
        (
            Fact::ApplicationPublished {
                application: names.application.clone(),
                text: "start = \"arrival\"\n".to_owned(),
            },
            None,
        ),
        (Fact::MailboxActivated { source: names.source() }, None),
    ])
}

fn arrivals(names: &Names) -> Vec<Sample> {
    let (source, message) = (names.source(), message());
    vec![
        (
            Fact::ContactArrived {
                contact: contact(),
                thread: thread(),
                source: source.clone(),
                message,
                fingerprint: Fingerprint([5; 16]),
                application: names.application.clone(),
                received: Timestamp(1_767_225_500_000),
                repeated_message_id: false,
            },
            details(),
        ),
        (
            Fact::MailFiled {
                thread: Some(thread()),
                source: source.clone(),
                message,
                kind: AutomaticKind::Answer,
            },
            details(),
        ),
        (Fact::MailDuplicated { source: source.clone(), contact: contact() }, None),
        (
            Fact::MailQuarantined {
                source: source.clone(),
                message,
                reason: QuarantineReason::ParserFailed,
            },
            None,
        ),
        (Fact::MailRefused { source, size: 99_000_000, reason: MailRefusal::Oversize }, None),
    ]
}

fn application(names: &Names) -> Result<Vec<Sample>, NameError> {
    let entered = Timestamp(1_767_225_600_000);
    Ok(vec![
        (
            Fact::StepTaken {
                contact: contact(),
                step: names.step.clone(),
                exit: Some("queued".parse()?),
            },
            None,
        ),
        (
            Fact::ApplicationPaused {
                contact: contact(),
                step: names.step.clone(),
                until: entered,
            },
            None,
        ),
        (
            Fact::ParameterSet { contact: contact(), parameter: "wf.internalccaddresses".parse()? },
            text("finance@desk.example"),
        ),
        (Fact::ContactRestarted { contact: contact() }, None),
        (
            Fact::ContactQueued {
                contact: contact(),
                line: Line::Queue("support".parse()?),
                priority: 5,
                entered,
                reason: QueueReason::Application,
            },
            None,
        ),
        (
            Fact::ContactRequeued {
                contact: contact(),
                line: Line::Agent(AgentNumber(1001)),
                priority: 5,
                entered,
                reason: RequeueReason::DeliveryFailed,
            },
            None,
        ),
        (
            Fact::ContactAssigned {
                contact: contact(),
                thread: thread(),
                line: Line::Queue("support".parse()?),
                agent: AgentNumber(1001),
                arrival: Position(7),
                waited_ms: 1500,
                idle_ms: 90_000,
            },
            address("ada@desk.example"),
        ),
    ])
}

fn sending() -> Vec<Sample> {
    let (outgoing, contact) = (outgoing(), contact());
    vec![
        (Fact::SendStarted { outgoing, contact, attempt: 1 }, None),
        (
            Fact::SendDeferred {
                outgoing,
                contact,
                attempt: 1,
                until: Timestamp(1_767_225_660_000),
            },
            text("451 4.7.1 try again"),
        ),
        (Fact::SendRefused { outgoing, contact, code: 550 }, text("550 5.1.1 no such user")),
        (Fact::SendUncertain { outgoing, contact, reason: UncertainReason::ConnectionLost }, None),
        (Fact::SendRepeated { outgoing, contact }, None),
        (
            Fact::ContactDelivered {
                contact,
                handler: Handler::Agent(AgentNumber(1001)),
                outgoing,
            },
            None,
        ),
    ]
}

fn replies(names: &Names) -> Vec<Sample> {
    let (contact, agent) = (contact(), AgentNumber(1001));
    let handler = Handler::Agent(agent);
    vec![
        (
            Fact::ContactTransferred {
                contact,
                thread: thread(),
                arrival: Position(7),
                from: agent,
                to: Target::Address,
            },
            address("expert@partner.example"),
        ),
        (
            Fact::ReplyReceived {
                contact,
                thread: thread(),
                handler,
                arrival: Position(7),
                delivery: outgoing(),
                source: names.source(),
                message: message(),
                late: Some(LateReason::Transferred),
            },
            details(),
        ),
        (
            Fact::ReplyRefused {
                contact: Some(contact),
                source: names.source(),
                message: message(),
                reason: ReplyRefusal::WrongSender,
            },
            details(),
        ),
        (Fact::ReplyRelayed { contact, outgoing: outgoing(), handler, message: message() }, None),
    ]
}

fn handling() -> Result<Vec<Sample>, NameError> {
    let (contact, agent) = (contact(), AgentNumber(1001));
    Ok(vec![
        (Fact::DispositionSet { contact, code: "solved".parse()? }, None),
        (Fact::ContactReleased { contact, agent: Some(agent), reason: ReleaseReason::Agent }, None),
        (
            Fact::AgentStateChanged {
                agent,
                state: AgentState::NotReady { reason: "lunch".parse()? },
            },
            None,
        ),
        (Fact::TimerFired { timer: Timer::SendAgain(outgoing()) }, None),
    ])
}

fn copies(names: &Names) -> Vec<Sample> {
    let (contact, handler) = (contact(), Handler::Agent(AgentNumber(1001)));
    vec![
        (
            Fact::ReplyCopyRequested {
                contact,
                thread: thread(),
                arrival: Position(7),
                reply: outgoing(),
                message: message(),
                kind: CopyKind::Internal,
            },
            address("finance@desk.example"),
        ),
        (Fact::ReplyCopied { contact, outgoing: outgoing(), message: message() }, None),
        (
            Fact::ReplyReceived {
                contact,
                thread: thread(),
                handler,
                arrival: Position(7),
                delivery: outgoing(),
                source: names.source(),
                message: message(),
                late: None,
            },
            letter(),
        ),
        (
            Fact::NoteReceived {
                contact,
                thread: thread(),
                arrival: Position(7),
                source: names.source(),
                message: message(),
                to: Some(handler),
            },
            details(),
        ),
        (Fact::NoteSent { contact, outgoing: outgoing(), message: message() }, None),
    ]
}

fn set_aside(names: &Names) -> Sample {
    let fact = Fact::MailSetAside {
        source: names.source(),
        message: Some(message()),
        reason: QuarantineReason::ParserFailed,
        received: Timestamp(1_767_225_600_000),
    };
    (fact, None)
}

fn screening() -> Vec<Sample> {
    let settings = vec![
        Setting::KeepInternalCc(false),
        Setting::KeepExternalCc(false),
        Setting::Quotes(Quotes::Warn),
        Setting::SignedReplies(SignedReplies::Strip),
    ];
    let screened = Fact::ReplyScreened {
        contact: contact(),
        reply: outgoing(),
        quoted: 2,
        elsewhere: 1,
        quotes: Quotes::Redact,
        signed: Some(SignedReplies::Strip),
    };
    vec![(screened, None), (Fact::SettingsLoaded { settings }, None)]
}

fn senders() -> Vec<Sample> {
    let contact = contact();
    vec![(
        Fact::SenderChecked {
            contact,
            verification: Verification {
                dkim: Check::Pass,
                spf: Check::SoftFail,
                dmarc: Check::Pass,
                by: CheckedBy::Server,
            },
        },
        Some(Private::Domains(SenderDomains {
            dkim: Some("customer.example".to_owned()),
            spf: None,
            dmarc: Some("mail.customer.example".to_owned()),
        })),
    )]
}

fn automatic(names: &Names) -> Vec<Sample> {
    let (contact, step) = (contact(), names.step.clone());
    let written = Address::new("jo@customer.example").map(|to| {
        let subject = "Auto: Printer on fire".to_owned();
        Private::Written(Box::new(Written { to, subject, text: "It is on our list.\n".to_owned() }))
    });
    vec![
        (Fact::AutomaticMailRecognised { contact, kind: AutomaticKind::List }, None),
        (
            Fact::AutomaticReplyRequested {
                contact,
                thread: thread(),
                arrival: Position(7),
                step: step.clone(),
            },
            written.ok(),
        ),
        (
            Fact::AutomaticReplyWithheld {
                contact,
                step,
                reason: WithheldReason::Automatic(AutomaticKind::Bounce),
            },
            None,
        ),
        (Fact::AutomaticReplySent { contact, outgoing: outgoing(), message: message() }, None),
    ]
}

fn flags() -> Vec<Sample> {
    let contact = contact();
    let settings = vec![Setting::WithheldAttachments(vec!["exe".to_owned(), "js".to_owned()])];
    let withheld = Fact::AttachmentsWithheld { contact, outgoing: outgoing(), count: 1 };
    vec![
        (Fact::EncryptionFound { contact }, None),
        (withheld, text("invoice.exe")),
        (Fact::SettingsLoaded { settings }, None),
    ]
}

fn vanished(names: &Names) -> Sample {
    let marks = ["0000001f5e8c2b11", "header 5"].map(|uidl| Mark::Pop3 { uidl: uidl.to_owned() });
    (Fact::MailVanished { mailbox: names.mailbox.clone(), marks: marks.to_vec() }, None)
}

fn reports(names: &Names) -> Vec<Sample> {
    let contact = contact();
    vec![
        (
            Fact::DeliveryReported {
                contact,
                thread: thread(),
                outgoing: outgoing(),
                source: names.source(),
                message: message(),
                outcome: DeliveryOutcome::Failed,
                status: Some("5.1.1".to_owned()),
            },
            details(),
        ),
        (
            Fact::NoticeRequested {
                contact,
                thread: thread(),
                arrival: Position(7),
                about: Position(9),
            },
            address("agnes@agents.example"),
        ),
        (Fact::NoticeSent { contact, outgoing: outgoing(), message: message() }, None),
        (
            Fact::ReducedCopyRequested {
                contact,
                thread: thread(),
                arrival: Position(7),
                handler: Handler::Agent(AgentNumber(1001)),
                copy: outgoing(),
            },
            address("agnes@agents.example"),
        ),
        (
            Fact::OversizeHeaderKept {
                contact,
                refusal: Position(7),
                header: message(),
                withheld: Some(WithheldReason::Old),
            },
            details(),
        ),
    ]
}
