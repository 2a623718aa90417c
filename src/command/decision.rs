//! Commands, and what comes of them.

use event::{Actor, CommandId, ContactId, Fact, Private, Timestamp};
use projections::ShelfError;

use crate::{
    Accept, ActivateMailbox, AddNote, AddTag, Assign, Decline, Fire, LoadConfiguration,
    LoadDirectory, LoadSettings, Move, Park, Prioritise, Publish, Pull, QuarantineMail,
    ReceiveMail, ReceiveNote, ReceiveReply, ReceiveReport, RecordSend, RecordVanished,
    RecordWebhook, RefuseMail, RefuseOversize, Release, SendAgain, SetAgentState, SetDisposition,
    Start, StartSend, Stop, SupplyMail, Transfer, Unpark,
};

/// A command with its circumstances.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// Names it in the events it leads to.
    pub id: CommandId,
    /// When it was given; the only clock a decision knows.
    pub time: Timestamp,
    /// Who gave it.
    pub actor: Actor,
    /// What is to be done.
    pub command: Command,
}

/// Everything that can be asked of the engine.
#[derive(Clone, Debug)]
pub enum Command {
    /// The engine begins to work.
    Start(Start),
    /// The engine ends in good order.
    Stop(Stop),
    /// The directory is as given.
    LoadDirectory(LoadDirectory),
    /// The settings are as given.
    LoadSettings(LoadSettings),
    /// Directory, settings and applications are as given.
    LoadConfiguration(Box<LoadConfiguration>),
    /// An application is as given.
    Publish(Publish),
    /// A mailbox is opened for the first time.
    ActivateMailbox(ActivateMailbox),
    /// A mail arrived in a public mailbox.
    ReceiveMail(Box<ReceiveMail>),
    /// A mail arrived in the internal mailbox.
    ReceiveReply(Box<ReceiveReply>),
    /// An answer to a hidden copy arrived.
    ReceiveNote(Box<ReceiveNote>),
    /// A mail system reports on a mail of ours.
    ReceiveReport(Box<ReceiveReport>),
    /// A mail cannot be read.
    QuarantineMail(QuarantineMail),
    /// A mail is not wanted.
    RefuseMail(RefuseMail),
    /// A mail is too large.
    RefuseOversize(Box<RefuseOversize>),
    /// Recorded mail is gone from its server.
    RecordVanished(RecordVanished),
    /// An outgoing mail is about to be sent.
    StartSend(StartSend),
    /// The outcome of sending a mail.
    RecordSend(RecordSend),
    /// A person wants an uncertain mail sent again.
    SendAgain(SendAgain),
    /// The mail itself, for an application.
    SupplyMail(Box<SupplyMail>),
    /// The answer of another program, for an application.
    RecordWebhook(RecordWebhook),
    /// A timer is due.
    Fire(Fire),
    /// An agent signs in or out, or changes readiness.
    SetAgentState(SetAgentState),
    /// An interaction is labelled.
    SetDisposition(SetDisposition),
    /// A held contact is passed on.
    Transfer(Transfer),
    /// A contact ends.
    Release(Release),
    /// An agent takes on a contact that was given to them.
    Accept(Accept),
    /// An agent does not take a contact that was given to them.
    Decline(Decline),
    /// An agent puts a contact aside.
    Park(Park),
    /// An agent takes a contact back that they put aside.
    Unpark(Unpark),
    /// Something is noted about a contact.
    AddNote(AddNote),
    /// A contact gets a word by which it is found again.
    AddTag(AddTag),
    /// A contact goes to another queue or agent.
    Move(Move),
    /// An agent takes a contact that waits.
    Pull(Pull),
    /// A contact is given to an agent.
    Assign(Assign),
    /// A waiting contact gets another priority.
    Prioritise(Prioritise),
}

/// A fact to be recorded, with its private part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewEvent {
    /// What happens.
    pub fact: Fact,
    /// What can be forgotten.
    pub private: Option<Private>,
}

impl NewEvent {
    /// A fact and its private part.
    pub(crate) fn with(fact: Fact, private: Private) -> Self {
        Self { fact, private: Some(private) }
    }
}

impl From<Fact> for NewEvent {
    fn from(fact: Fact) -> Self {
        Self { fact, private: None }
    }
}

/// What a command leads to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Decision {
    /// The facts, in order; none where everything is as asked already.
    pub events: Vec<NewEvent>,
    /// What the asker is told.
    pub answer: Answer,
}

impl Decision {
    /// A decision that records `events` and answers `done`.
    pub(crate) fn record(events: impl IntoIterator<Item = impl Into<NewEvent>>) -> Self {
        Self { events: events.into_iter().map(Into::into).collect(), answer: Answer::Done }
    }

    /// A decision about a contact; nothing to record where it is so already.
    pub(crate) fn about(
        contact: ContactId,
        events: impl IntoIterator<Item = impl Into<NewEvent>>,
    ) -> Self {
        let events = events.into_iter().map(Into::into).collect();
        Self { events, answer: Answer::Contact(contact) }
    }

    /// Nothing to record: it is so already.
    pub(crate) fn unchanged() -> Self {
        Self::default()
    }
}

/// What an asker is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Answer {
    /// Done, or so already.
    #[default]
    Done,
    /// It concerned this contact.
    Contact(ContactId),
    /// The attempt that is to be made.
    Attempt(u32),
}

/// The views cannot be trusted any more; the engine must stop.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    /// Views and log have come apart.
    #[error("contact {0} is in an application that was never published")]
    Unpublished(ContactId),
    /// The views on disk cannot be read.
    #[error(transparent)]
    Archive(#[from] ShelfError),
}
