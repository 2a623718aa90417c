//! Ada at her desk: what she does, and where stories about it begin.

use event::{
    AgentNumber, ContactId, DirectoryEntry, DispositionCode, QueueRule, Setting, Timestamp,
};

use super::world::{APPLICATION, SENT, World, directory};
use crate::{
    Accept, AddNote, Command, Decline, Destination, NoteText, Park, Release, SetDisposition,
    Transfer, Unpark,
};

/// Ada's number.
pub(crate) const ADA: AgentNumber = AgentNumber(1001);

pub(crate) fn accept() -> Command {
    Command::Accept(Accept { agent: ADA, contact: None })
}

pub(crate) fn decline(reason: Option<&str>) -> Command {
    let reason = reason.map(|reason| reason.parse().unwrap());
    Command::Decline(Decline { agent: ADA, contact: None, reason })
}

pub(crate) fn park(until: Option<Timestamp>, until_answer: bool) -> Command {
    Command::Park(Park { agent: ADA, contact: None, until, until_answer })
}

pub(crate) fn unpark(contact: Option<ContactId>) -> Command {
    Command::Unpark(Unpark { agent: ADA, contact })
}

pub(crate) fn note(contact: Option<ContactId>) -> Command {
    let text = NoteText::new(" Called back. ").unwrap();
    Command::AddNote(AddNote { agent: Some(ADA), contact, text })
}

pub(crate) fn label(code: &str, contact: Option<ContactId>) -> Command {
    let code = code.parse().unwrap();
    Command::SetDisposition(SetDisposition { agent: Some(ADA), contact, code })
}

pub(crate) fn release(contact: Option<ContactId>) -> Command {
    Command::Release(Release { agent: Some(ADA), contact })
}

pub(crate) fn transfer(to: Destination, contact: Option<ContactId>) -> Command {
    let note = Some(NoteText::new("She wants it in French.").unwrap());
    Command::Transfer(Transfer { agent: Some(ADA), contact, to, note })
}

/// Ada has a contact in her mailbox, since a second; nobody else is there.
pub(crate) fn with_contact() -> (World, ContactId) {
    with_contact_and(Vec::new())
}

pub(crate) fn with_contact_and(settings: Vec<Setting>) -> (World, ContactId) {
    let mut world = World::with(APPLICATION, settings);
    let contact = world.arrive(1, "jo@customer.test");
    world.ready(1001);
    world.send_all(&SENT);
    (world, contact)
}

/// The same, and Ada has parked it.
pub(crate) fn with_parked(until: Option<Timestamp>, until_answer: bool) -> (World, ContactId) {
    let (mut world, contact) = with_contact();
    world.act(1001, park(until, until_answer)).unwrap();
    (world, contact)
}

pub(crate) fn codes(codes: &[&str]) -> Vec<DispositionCode> {
    codes.iter().map(|code| code.parse().unwrap()).collect()
}

/// The directory names codes, and so does its queue `support`.
pub(crate) fn load_codes(world: &mut World, listed: &[&str], queue: &[&str], required: bool) {
    let mut loaded = directory(&[1001, 1002]);
    let listed = codes(listed).into_iter().map(|code| DirectoryEntry::Disposition { code });
    loaded.entries.extend(listed);
    let rule = QueueRule::Dispositions { codes: codes(queue), required };
    loaded.entries.push(DirectoryEntry::QueueRule { queue: "support".parse().unwrap(), rule });
    world.give(Command::LoadDirectory(loaded));
}
