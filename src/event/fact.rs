//! What can happen: one variant a fact, in the past tense.

use bincode::{Decode, Encode};
use serde::Serialize;

use crate::{
    AgentNumber, AgentState, ApplicationRef, AutomaticKind, ContactId, CopyKind, DeliveryOutcome,
    DirectoryEntry, DispositionCode, ExitName, Fingerprint, Handler, LateReason, Line, MailRefusal,
    MailboxName, Mark, MessageRef, OutgoingId, ParameterName, Position, QuarantineReason,
    QueueReason, Quotes, ReleaseReason, ReplyRefusal, RequeueReason, ServiceFact, Setting,
    SignedReplies, Source, Step, StepFact, Target, ThreadId, Timer, Timestamp, UncertainReason,
    Verification, WithheldReason,
};

/// The clear part of an event: ids, counts and times, all that reports need.
///
/// Addresses, subjects, message ids and free text are in [`crate::Private`]; each variant says
/// which private part goes with it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub enum Fact {
    /// The engine began to work on this log.
    EngineStarted {
        /// The program's version.
        version: String,
        /// The time of the last event before; the difference is downtime.
        previous: Option<Timestamp>,
    },
    /// The engine ended in good order.
    EngineStopped,
    /// The whole directory, in place of any earlier one. Private: `Directory`.
    DirectoryLoaded {
        /// Queues, agents, mailboxes.
        entries: Vec<DirectoryEntry>,
    },
    /// All settings, in place of any earlier ones.
    SettingsLoaded {
        /// The settings that differ from their defaults, and those that do not.
        settings: Vec<Setting>,
    },
    /// A version of an application; contacts finish in the version they began with.
    ApplicationPublished {
        /// The application and its new version.
        application: ApplicationRef,
        /// Its text.
        text: String,
    },
    /// A mailbox was opened for the first time, or its numbering began anew; what its server
    /// holds up to the mark is history and makes no contact.
    MailboxActivated {
        /// The mailbox and the last message that is history.
        source: Source,
    },
    /// A customer's mail became a contact. Private: `Mail`.
    ContactArrived {
        /// The new contact.
        contact: ContactId,
        /// Its thread.
        thread: ThreadId,
        /// Where the mail was found.
        source: Source,
        /// The mail as received.
        message: MessageRef,
        /// Tells two mails apart whose ids would be equal.
        fingerprint: Fingerprint,
        /// The application it enters.
        application: ApplicationRef,
        /// When the mail server received it, at the latest when we first saw it.
        received: Timestamp,
        /// Another mail with other bytes carried the same Message-ID.
        repeated_message_id: bool,
    },
    /// Automatic mail was recorded in the thread it belongs to; it does not queue. Private: `Mail`.
    MailFiled {
        /// The thread, where one is known.
        thread: Option<ThreadId>,
        /// Where the mail was found.
        source: Source,
        /// The mail as received.
        message: MessageRef,
        /// What kind it is.
        kind: AutomaticKind,
    },
    /// A mail that is already a contact or a reply was found again.
    MailDuplicated {
        /// Where it was found this time.
        source: Source,
        /// The contact it is.
        contact: ContactId,
    },
    /// A mail that cannot be read was put aside; it is kept and can be replayed. Newer logs have
    /// `MailSetAside`.
    MailQuarantined {
        /// Where it was found.
        source: Source,
        /// The mail as received.
        message: MessageRef,
        /// Why.
        reason: QuarantineReason,
    },
    /// A mail was turned away.
    MailRefused {
        /// Where it was found.
        source: Source,
        /// Its size in bytes.
        size: u64,
        /// Why.
        reason: MailRefusal,
    },
    /// An application took a step.
    StepTaken {
        /// The contact.
        contact: ContactId,
        /// The action.
        step: Step,
        /// The way it left the action; `None` where the application ends there.
        exit: Option<ExitName>,
    },
    /// An application waits; its timer takes the contact on.
    ApplicationPaused {
        /// The contact.
        contact: ContactId,
        /// The action that waits.
        step: Step,
        /// Until when.
        until: Timestamp,
    },
    /// An application set a parameter. Private: `Text`, the value.
    ParameterSet {
        /// The contact.
        contact: ContactId,
        /// The parameter.
        parameter: ParameterName,
    },
    /// A contact that was still in its application enters it again as new.
    ContactRestarted {
        /// The contact.
        contact: ContactId,
    },
    /// A contact began to wait.
    ContactQueued {
        /// The contact.
        contact: ContactId,
        /// Where it waits.
        line: Line,
        /// Higher is served first.
        priority: u8,
        /// Since when it waits.
        entered: Timestamp,
        /// Why.
        reason: QueueReason,
    },
    /// A contact went back to the head of its queue, its waiting time kept.
    ContactRequeued {
        /// The contact.
        contact: ContactId,
        /// Where it waits.
        line: Line,
        /// Higher is served first.
        priority: u8,
        /// Since when it waits.
        entered: Timestamp,
        /// Why.
        reason: RequeueReason,
    },
    /// A contact was given to an agent, and a copy to their mailbox is to be sent.
    /// Private: `Address`, the agent's mailbox at this time.
    ContactAssigned {
        /// The contact.
        contact: ContactId,
        /// Its thread.
        thread: ThreadId,
        /// Where it waited.
        line: Line,
        /// Who has it now.
        agent: AgentNumber,
        /// The position of its arrival.
        arrival: Position,
        /// How long it had waited.
        waited_ms: u64,
        /// How long the agent had been idle.
        idle_ms: u64,
    },
    /// An outgoing mail is being handed to the mail server; until an outcome is recorded nobody
    /// knows whether the server has it.
    SendStarted {
        /// The outgoing mail.
        outgoing: OutgoingId,
        /// Its contact.
        contact: ContactId,
        /// Counts from 1.
        attempt: u32,
    },
    /// The server did not take the mail now; it is tried again. Private: `Text`, the answer.
    SendDeferred {
        /// The outgoing mail.
        outgoing: OutgoingId,
        /// Its contact.
        contact: ContactId,
        /// The attempt that failed.
        attempt: u32,
        /// When to try again.
        until: Timestamp,
    },
    /// The server will never take the mail, or the attempts are used up. Private: `Text`, the answer.
    SendRefused {
        /// The outgoing mail.
        outgoing: OutgoingId,
        /// Its contact.
        contact: ContactId,
        /// The SMTP reply code; 0 where there was none.
        code: u16,
    },
    /// Nobody knows whether the server took the mail; only a person sends it again.
    SendUncertain {
        /// The outgoing mail.
        outgoing: OutgoingId,
        /// Its contact.
        contact: ContactId,
        /// What was lost.
        reason: UncertainReason,
    },
    /// A person asked for a mail to be sent again, under the same Message-ID.
    SendRepeated {
        /// The outgoing mail.
        outgoing: OutgoingId,
        /// Its contact.
        contact: ContactId,
    },
    /// The copy is in the handler's mailbox.
    ContactDelivered {
        /// The contact.
        contact: ContactId,
        /// Who got it.
        handler: Handler,
        /// The outgoing mail.
        outgoing: OutgoingId,
    },
    /// A held contact was passed on. Private: `Address` where the target is one.
    ContactTransferred {
        /// The contact.
        contact: ContactId,
        /// Its thread.
        thread: ThreadId,
        /// The position of its arrival.
        arrival: Position,
        /// Who held it.
        from: AgentNumber,
        /// Where it goes.
        to: Target,
    },
    /// A handler's answer arrived at the internal address and is to be relayed. Private: `Letter`;
    /// `Mail` in older logs.
    ReplyReceived {
        /// The contact it answers.
        contact: ContactId,
        /// Its thread.
        thread: ThreadId,
        /// Who answered.
        handler: Handler,
        /// The position of the contact's arrival.
        arrival: Position,
        /// The delivered copy it answers.
        delivery: OutgoingId,
        /// Where the mail was found.
        source: Source,
        /// The mail as received.
        message: MessageRef,
        /// Set where the handler no longer held the contact.
        late: Option<LateReason>,
    },
    /// A mail to the internal address was not relayed. Private: `Mail`.
    ReplyRefused {
        /// The contact, where a token named one.
        contact: Option<ContactId>,
        /// Where the mail was found.
        source: Source,
        /// The mail as received.
        message: MessageRef,
        /// Why.
        reason: ReplyRefusal,
    },
    /// The customer's mail server took the reply.
    ReplyRelayed {
        /// The contact.
        contact: ContactId,
        /// The outgoing mail.
        outgoing: OutgoingId,
        /// Who answered.
        handler: Handler,
        /// The mail as sent.
        message: MessageRef,
    },
    /// An interaction was labelled; a later code corrects an earlier one.
    DispositionSet {
        /// The contact.
        contact: ContactId,
        /// The code.
        code: DispositionCode,
    },
    /// The contact ended.
    ContactReleased {
        /// The contact.
        contact: ContactId,
        /// Who held it.
        agent: Option<AgentNumber>,
        /// Why.
        reason: ReleaseReason,
    },
    /// An agent signed in or out, or changed readiness.
    AgentStateChanged {
        /// The agent.
        agent: AgentNumber,
        /// The state chosen; an agent who holds a contact shows as `email` whatever is chosen.
        state: AgentState,
    },
    /// A timer came due.
    TimerFired {
        /// Which.
        timer: Timer,
    },
    /// A copy of a reply is to go to one more person. Private: `Address`, theirs.
    ReplyCopyRequested {
        /// The contact the reply answers.
        contact: ContactId,
        /// Its thread.
        thread: ThreadId,
        /// The position of the contact's arrival.
        arrival: Position,
        /// The reply to the customer.
        reply: OutgoingId,
        /// The reply as received.
        message: MessageRef,
        /// On which side the person is.
        kind: CopyKind,
    },
    /// The mail server took a copy of a reply.
    ReplyCopied {
        /// The contact.
        contact: ContactId,
        /// The outgoing copy.
        outgoing: OutgoingId,
        /// The mail as sent.
        message: MessageRef,
    },
    /// Someone answered a hidden copy; the agent is to have it, the customer is not. Private: `Mail`.
    NoteReceived {
        /// The contact whose reply is answered.
        contact: ContactId,
        /// Its thread.
        thread: ThreadId,
        /// The position of the contact's arrival.
        arrival: Position,
        /// Where the mail was found.
        source: Source,
        /// The mail as received.
        message: MessageRef,
        /// Who gets it; `None` where nobody handled the thread who still could.
        to: Option<Handler>,
    },
    /// The mail server took a note for its agent.
    NoteSent {
        /// The contact.
        contact: ContactId,
        /// The outgoing mail.
        outgoing: OutgoingId,
        /// The mail as sent.
        message: MessageRef,
    },
    /// A reply was found to hold what shows the customer who is behind it. Recorded next to its
    /// `ReplyReceived`; it is relayed as is said here.
    ReplyScreened {
        /// The contact.
        contact: ContactId,
        /// The reply.
        reply: OutgoingId,
        /// Private addresses in the lines that say who wrote what it quotes.
        quoted: u32,
        /// Private addresses elsewhere in its texts and attached mails; they always stay.
        elsewhere: u32,
        /// What becomes of the quoted ones.
        quotes: Quotes,
        /// What becomes of its signature; `None` where it has none.
        signed: Option<SignedReplies>,
    },
    /// It was checked whether a contact's mail is from whom it says; right after its arrival, and
    /// only where anything was found out. Private: `Domains`.
    SenderChecked {
        /// The contact.
        contact: ContactId,
        /// What was found out.
        verification: Verification,
    },
    /// A contact's mail is one that no person wrote; it gets no automatic answer.
    AutomaticMailRecognised {
        /// The contact.
        contact: ContactId,
        /// What kind it is.
        kind: AutomaticKind,
    },
    /// An application asked for an automatic answer, which is to be sent. Private: `Written`.
    AutomaticReplyRequested {
        /// The contact it answers.
        contact: ContactId,
        /// Its thread.
        thread: ThreadId,
        /// The position of the contact's arrival.
        arrival: Position,
        /// The action that asked; it asks once a visit.
        step: Step,
    },
    /// An application asked for an automatic answer that may not go out.
    AutomaticReplyWithheld {
        /// The contact.
        contact: ContactId,
        /// The action that asked.
        step: Step,
        /// Why.
        reason: WithheldReason,
    },
    /// The mail server took an automatic answer.
    AutomaticReplySent {
        /// The contact.
        contact: ContactId,
        /// The outgoing mail.
        outgoing: OutgoingId,
        /// The mail as sent.
        message: MessageRef,
    },
    /// The customer's mail is encrypted, so that it is delivered unopened.
    EncryptionFound {
        /// The contact.
        contact: ContactId,
    },
    /// An agent's copy is about to be sent without some attachments. Private: `Text`, their names.
    AttachmentsWithheld {
        /// The contact.
        contact: ContactId,
        /// The copy.
        outgoing: OutgoingId,
        /// How many.
        count: u32,
    },
    /// Recorded mail lies no longer on its server, whoever deleted it. What comes under one of these
    /// marks again is to be looked at anew.
    MailVanished {
        /// The polled account.
        mailbox: MailboxName,
        /// The marks under which it lay there.
        marks: Vec<Mark>,
    },
    /// A mail that cannot be read was put aside; it is kept and can be replayed.
    MailSetAside {
        /// Where it was found.
        source: Source,
        /// The mail as received; `None` where the server did not send it.
        message: Option<MessageRef>,
        /// Why.
        reason: QuarantineReason,
        /// When the mail server received it, at the latest when we first saw it.
        received: Timestamp,
    },
    /// A mail system reported what became of a mail of ours. Private: `Mail`.
    DeliveryReported {
        /// The contact the mail was about.
        contact: ContactId,
        /// Its thread.
        thread: ThreadId,
        /// The outgoing mail.
        outgoing: OutgoingId,
        /// Where the report was found.
        source: Source,
        /// The report as received.
        message: MessageRef,
        /// What became of the mail.
        outcome: DeliveryOutcome,
        /// The status code, such as `5.1.1` (RFC 3463), where there is one.
        status: Option<String>,
    },
    /// Someone who handled a contact is to be told of an event that their mail client does not
    /// show. Private: `Address`, theirs.
    NoticeRequested {
        /// The contact.
        contact: ContactId,
        /// Its thread.
        thread: ThreadId,
        /// The position of the contact's arrival.
        arrival: Position,
        /// The position of the event they are told of.
        about: Position,
    },
    /// The mail server took a notice.
    NoticeSent {
        /// The contact.
        contact: ContactId,
        /// The outgoing mail.
        outgoing: OutgoingId,
        /// The mail as sent.
        message: MessageRef,
    },
    /// A copy is too large for the mail servers on its way; one of its header and its text is to be
    /// sent in its place. Private: `Address`, where it goes.
    ReducedCopyRequested {
        /// The contact.
        contact: ContactId,
        /// Its thread.
        thread: ThreadId,
        /// The position of the contact's arrival.
        arrival: Position,
        /// Who has the contact.
        handler: Handler,
        /// The copy that is too large.
        copy: OutgoingId,
    },
    /// Of a mail that was refused for its size the header was fetched, and its writer is to be told,
    /// unless something speaks against it. Private: `Written`, what they are told; `Mail` where they
    /// are not.
    OversizeHeaderKept {
        /// The number that the mail would have as a contact, by its header.
        contact: ContactId,
        /// The position of its refusal.
        refusal: Position,
        /// Its header as received.
        header: MessageRef,
        /// Why the writer is not told.
        withheld: Option<WithheldReason>,
    },
    /// What an application does with a contact.
    Step(StepFact),
    /// How a contact is served, and what people do with it.
    Service(ServiceFact),
}
