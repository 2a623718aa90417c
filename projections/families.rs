//! Families of facts, as patterns: a view that takes no notice of a family says so in one line.
//!
//! They name facts one by one, so that a new fact still asks every view what it means.

/// The engine's own life.
macro_rules! engine {
    () => {
        Fact::EngineStarted { .. } | Fact::EngineStopped
    };
}

/// What people decide about the whole centre.
macro_rules! loading {
    () => {
        Fact::DirectoryLoaded { .. }
            | Fact::SettingsLoaded { .. }
            | Fact::ApplicationPublished { .. }
    };
}

/// Mail that becomes no contact.
macro_rules! mail_apart {
    () => {
        Fact::MailFiled { .. }
            | Fact::MailDuplicated { .. }
            | Fact::MailQuarantined { .. }
            | Fact::MailSetAside { .. }
            | Fact::MailRefused { .. }
            | Fact::MailVanished { .. }
    };
}

/// What an application does with a contact; newer logs have `StepTaken` as a step.
macro_rules! stepping {
    () => {
        Fact::StepTaken { .. }
            | Fact::ApplicationPaused { .. }
            | Fact::ParameterSet { .. }
            | Fact::ContactRestarted { .. }
    };
}

/// The way of an outgoing mail, but for its arrival.
macro_rules! sending {
    () => {
        Fact::SendStarted { .. }
            | Fact::SendDeferred { .. }
            | Fact::SendRefused { .. }
            | Fact::SendUncertain { .. }
            | Fact::SendRepeated { .. }
    };
}

pub(crate) use {engine, loading, mail_apart, sending, stepping};
