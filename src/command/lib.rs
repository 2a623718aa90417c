//! Decisions: what a command makes of the views, as facts and nothing else.
//!
//! One file a command. A decision is pure: the time comes with the command, nothing is started,
//! nothing is stored. [`State::carry_out`] decides one command, and then what the views lead to
//! (an application's step, an assignment) until they lead to nothing.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

mod accept;
mod activate_mailbox;
mod assign;
mod call_webhook;
mod check_email;
mod compose_reply;
mod contact_command;
mod decision;
mod decline;
mod fire;
mod in_force;
mod interpreter;
mod known;
mod line_rules;
mod load;
mod load_configuration;
mod load_problem;
mod move_contact;
mod note;
mod orphans;
mod park;
mod prioritise;
mod publish;
mod pull;
mod quarantine_mail;
mod queueing;
mod receive_mail;
mod receive_note;
mod receive_reply;
mod receive_report;
mod recipients;
mod record_vanished;
mod record_webhook;
mod refuse_mail;
mod refuse_oversize;
mod rejection;
mod release;
mod rights;
mod route_to_agent;
mod routing;
mod send;
mod set_agent_state;
mod set_disposition;
mod start;
mod state;
mod supply_mail;
mod surroundings;
mod tag;
mod transfer;
mod undelivered;
mod unpark;
mod view;

#[cfg(test)]
mod tests;

pub use accept::Accept;
pub use activate_mailbox::ActivateMailbox;
pub use assign::Assign;
pub use decision::{Answer, Command, Envelope};
pub(crate) use decision::{Decision, Fault, NewEvent};
pub use decline::Decline;
pub use fire::Fire;
pub use load::{LoadDirectory, LoadSettings};
pub use load_configuration::LoadConfiguration;
pub use load_problem::{Affected, LoadProblem};
pub use move_contact::{Move, MoveTo};
pub use note::{AddNote, NoteText, NoteTextError};
pub use park::Park;
pub use prioritise::Prioritise;
pub use publish::{Publish, SentFile, problems};
pub use pull::Pull;
pub use quarantine_mail::QuarantineMail;
pub use receive_mail::ReceiveMail;
pub use receive_note::ReceiveNote;
pub use receive_reply::{Delivery, Finding, ReceiveReply, Screening};
pub use receive_report::{ReceiveReport, SentMail, SentWhat};
pub use record_vanished::RecordVanished;
pub use record_webhook::RecordWebhook;
pub use refuse_mail::RefuseMail;
pub use refuse_oversize::RefuseOversize;
pub use rejection::Rejection;
pub use release::Release;
pub use send::{RecordSend, SendAgain, SendOutcome, StartSend};
pub use set_agent_state::SetAgentState;
pub use set_disposition::SetDisposition;
pub use start::{Start, Stop};
pub use state::{Carried, CarryError, State};
pub use supply_mail::SupplyMail;
pub use surroundings::surroundings;
pub use tag::AddTag;
pub use transfer::{Destination, Transfer};
pub use unpark::Unpark;
pub(crate) use view::{Applications, View};

/// Decides one command. A rejection changes nothing.
fn decide(view: &View<'_>, envelope: &Envelope) -> Result<Decision, Rejection> {
    let now = envelope.time;
    match &envelope.command {
        Command::Start(command) => command.decide(view, now),
        Command::Stop(command) => Ok(command.decide()),
        Command::LoadDirectory(command) => command.decide(view, now),
        Command::LoadSettings(command) => Ok(command.decide(view, now)),
        Command::LoadConfiguration(command) => command.decide(view, now),
        Command::Publish(command) => command.decide(view),
        Command::ActivateMailbox(command) => Ok(command.decide(view)),
        Command::ReceiveMail(command) => command.decide(view, now),
        Command::ReceiveReply(command) => command.decide(view),
        Command::ReceiveNote(command) => command.decide(view),
        Command::QuarantineMail(command) => command.decide(view, now),
        Command::ReceiveReport(command) => command.decide(view),
        Command::RefuseMail(command) => command.decide(view),
        Command::RefuseOversize(command) => command.decide(view, now),
        Command::RecordVanished(command) => Ok(command.decide(view)),
        Command::StartSend(command) => command.decide(view),
        Command::RecordSend(command) => command.decide(view, now),
        Command::SendAgain(command) => command.decide(view),
        Command::Fire(command) => command.decide(view, now),
        Command::SupplyMail(command) => command.decide(view, now),
        Command::RecordWebhook(command) => Ok(command.decide(view)),
        Command::SetAgentState(command) => command.decide(view),
        Command::SetDisposition(command) => command.decide(view, &envelope.actor),
        Command::Transfer(command) => command.decide(view, &envelope.actor, now),
        Command::Release(command) => command.decide(view, &envelope.actor),
        Command::Accept(command) => command.decide(view, &envelope.actor),
        Command::Decline(command) => command.decide(view, &envelope.actor),
        Command::Park(command) => command.decide(view, &envelope.actor, now),
        Command::Unpark(command) => command.decide(view, &envelope.actor, now),
        Command::AddNote(command) => command.decide(view, &envelope.actor),
        Command::AddTag(command) => command.decide(view, &envelope.actor),
        Command::Move(command) => command.decide(view, &envelope.actor, now),
        Command::Pull(command) => command.decide(view, &envelope.actor, now),
        Command::Assign(command) => command.decide(view, &envelope.actor, now),
        Command::Prioritise(command) => command.decide(view, &envelope.actor, now),
    }
}

/// What the views lead to next: one application's step, else one assignment, else nothing.
///
/// The caller records the facts and asks again. Fails only where a published application is
/// missing, which means that views and log have come apart.
fn follow_up(view: &View<'_>, now: event::Timestamp) -> Result<Vec<NewEvent>, Fault> {
    if let Some(contact) = view.hot.contacts.running() {
        return interpreter::step(view, contact, now);
    }
    Ok(routing::assign(view, now))
}
