//! What a fact is about: a contact, or a mail on a server.

use crate::{ContactId, Fact, Source};

impl Fact {
    /// The contact it is about, where it is about one.
    pub fn contact(&self) -> Option<ContactId> {
        match self {
            Self::EngineStarted { .. }
            | Self::EngineStopped
            | Self::DirectoryLoaded { .. }
            | Self::SettingsLoaded { .. }
            | Self::ApplicationPublished { .. }
            | Self::MailboxActivated { .. }
            | Self::MailFiled { .. }
            | Self::MailQuarantined { .. }
            | Self::MailRefused { .. }
            | Self::MailSetAside { .. }
            | Self::MailVanished { .. }
            | Self::AgentStateChanged { .. } => None,
            Self::TimerFired { timer } => timer.contact(),
            Self::ReplyRefused { contact, .. } => *contact,
            Self::ContactArrived { contact, .. }
            | Self::MailDuplicated { contact, .. }
            | Self::StepTaken { contact, .. }
            | Self::ApplicationPaused { contact, .. }
            | Self::ParameterSet { contact, .. }
            | Self::ContactRestarted { contact }
            | Self::ContactQueued { contact, .. }
            | Self::ContactRequeued { contact, .. }
            | Self::ContactAssigned { contact, .. }
            | Self::SendStarted { contact, .. }
            | Self::SendDeferred { contact, .. }
            | Self::SendRefused { contact, .. }
            | Self::SendUncertain { contact, .. }
            | Self::SendRepeated { contact, .. }
            | Self::ContactDelivered { contact, .. }
            | Self::ContactTransferred { contact, .. }
            | Self::ReplyReceived { contact, .. }
            | Self::ReplyRelayed { contact, .. }
            | Self::ReplyCopyRequested { contact, .. }
            | Self::ReplyCopied { contact, .. }
            | Self::NoteReceived { contact, .. }
            | Self::NoteSent { contact, .. }
            | Self::ReplyScreened { contact, .. }
            | Self::SenderChecked { contact, .. }
            | Self::AutomaticMailRecognised { contact, .. }
            | Self::AutomaticReplyRequested { contact, .. }
            | Self::AutomaticReplyWithheld { contact, .. }
            | Self::AutomaticReplySent { contact, .. }
            | Self::EncryptionFound { contact }
            | Self::AttachmentsWithheld { contact, .. }
            | Self::DeliveryReported { contact, .. }
            | Self::NoticeRequested { contact, .. }
            | Self::NoticeSent { contact, .. }
            | Self::ReducedCopyRequested { contact, .. }
            | Self::OversizeHeaderKept { contact, .. }
            | Self::DispositionSet { contact, .. }
            | Self::ContactReleased { contact, .. } => Some(*contact),
            Self::Step(fact) => fact.contact(),
            Self::Service(fact) => Some(fact.contact()),
        }
    }

    /// The mail on a server it accounts for, where it accounts for one.
    pub fn source(&self) -> Option<&Source> {
        match self {
            Self::MailboxActivated { source }
            | Self::ContactArrived { source, .. }
            | Self::MailFiled { source, .. }
            | Self::MailDuplicated { source, .. }
            | Self::MailQuarantined { source, .. }
            | Self::MailSetAside { source, .. }
            | Self::MailRefused { source, .. }
            | Self::ReplyReceived { source, .. }
            | Self::ReplyRefused { source, .. }
            | Self::NoteReceived { source, .. }
            | Self::DeliveryReported { source, .. } => Some(source),
            Self::EngineStarted { .. }
            | Self::EngineStopped
            | Self::DirectoryLoaded { .. }
            | Self::SettingsLoaded { .. }
            | Self::ApplicationPublished { .. }
            | Self::StepTaken { .. }
            | Self::ApplicationPaused { .. }
            | Self::ParameterSet { .. }
            | Self::ContactRestarted { .. }
            | Self::ContactQueued { .. }
            | Self::ContactRequeued { .. }
            | Self::ContactAssigned { .. }
            | Self::SendStarted { .. }
            | Self::SendDeferred { .. }
            | Self::SendRefused { .. }
            | Self::SendUncertain { .. }
            | Self::SendRepeated { .. }
            | Self::ContactDelivered { .. }
            | Self::ContactTransferred { .. }
            | Self::ReplyRelayed { .. }
            | Self::DispositionSet { .. }
            | Self::ContactReleased { .. }
            | Self::AgentStateChanged { .. }
            | Self::TimerFired { .. }
            | Self::ReplyCopyRequested { .. }
            | Self::ReplyCopied { .. }
            | Self::NoteSent { .. }
            | Self::ReplyScreened { .. }
            | Self::SenderChecked { .. }
            | Self::AutomaticMailRecognised { .. }
            | Self::AutomaticReplyRequested { .. }
            | Self::AutomaticReplyWithheld { .. }
            | Self::AutomaticReplySent { .. }
            | Self::EncryptionFound { .. }
            | Self::AttachmentsWithheld { .. }
            | Self::MailVanished { .. }
            | Self::NoticeRequested { .. }
            | Self::NoticeSent { .. }
            | Self::ReducedCopyRequested { .. }
            | Self::OversizeHeaderKept { .. }
            | Self::Step(_)
            | Self::Service(_) => None,
        }
    }
}
