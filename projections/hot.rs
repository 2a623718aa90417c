//! All views of what is open, folded together, and their snapshots.

use bincode::config::{Configuration, standard};
use bincode::{Decode, Encode};
use event::{Event, Position, Timestamp};

use crate::matching::Service;
use crate::{
    Agents, AutomaticMail, Contacts, Directory, Errands, Failures, Mailboxes, Maildrops, Matching,
    Outbox, Quarantine, Queues, Timers,
};

/// The views a decision reads. Its size follows what is open, not what has been.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Hot {
    /// The last event taken in.
    pub position: Position,
    /// The time of that event.
    pub time: Timestamp,
    /// Directory, settings, applications.
    pub directory: Directory,
    /// Open contacts.
    pub contacts: Contacts,
    /// Who waits where.
    pub queues: Queues,
    /// Who is free, and who holds what.
    pub agents: Agents,
    /// Which contacts somebody free could take.
    pub matching: Matching,
    /// Mail to be sent.
    pub outbox: Outbox,
    /// What is to happen later.
    pub timers: Timers,
    /// How far mailboxes have been read.
    pub mailboxes: Mailboxes,
    /// The recorded mail that still lies on POP3 servers.
    pub maildrops: Maildrops,
    /// Mail put aside.
    pub quarantine: Quarantine,
    /// Who got automatic answers lately.
    pub automatic_mail: AutomaticMail,
    /// What applications asked the outside.
    pub errands: Errands,
    /// Actions of applications that failed lately.
    pub failures: Failures,
}

/// Bytes that are no snapshot of this version; the remedy is a replay.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// Written by another version, or damaged.
    #[error("it is damaged or was written by another version")]
    Unusable,
    /// bincode could not write or read it.
    #[error("{0}")]
    Encode(#[from] bincode::error::EncodeError),
}

/// Changes whenever the shape of a view changes, so that older snapshots are set aside.
const VERSION: u32 = 16;
const MAGIC: &[u8; 8] = b"PBHOT\0\0\x01";
const CONFIG: Configuration = standard();

impl Hot {
    /// Takes in the event at the next position.
    pub fn apply(&mut self, at: Position, event: &Event) {
        self.directory.apply(at, event);
        self.contacts.apply(at, event);
        let contact = self.queues.apply(at, event);
        let touched = self.agents.apply(event);
        let waiting =
            Service { contacts: &self.contacts, queues: &self.queues, agents: &self.agents };
        self.matching.follow(contact, touched, &waiting);
        self.outbox.apply(at, event);
        self.timers.apply(event);
        self.mailboxes.apply(event);
        self.maildrops.apply(event);
        self.quarantine.apply(at, event);
        self.automatic_mail.apply(event);
        self.errands.apply(at, event);
        self.failures.apply(event);
        self.position = at;
        self.time = event.time;
    }

    /// A snapshot: magic, version, BLAKE3 of the rest, then the views by bincode.
    pub fn to_bytes(&self) -> Result<Vec<u8>, SnapshotError> {
        let views = bincode::encode_to_vec(self, CONFIG)?;
        let mut bytes = Vec::with_capacity(views.len() + 44);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(blake3::hash(&views).as_bytes());
        bytes.extend_from_slice(&views);
        Ok(bytes)
    }

    /// Reads a snapshot of this version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let unusable = || SnapshotError::Unusable;
        let rest = bytes.strip_prefix(MAGIC).ok_or_else(unusable)?;
        let rest = rest.strip_prefix(&VERSION.to_le_bytes()).ok_or_else(unusable)?;
        let (hash, views) = rest.split_first_chunk::<32>().ok_or_else(unusable)?;
        if blake3::hash(views).as_bytes() != hash {
            return Err(SnapshotError::Unusable);
        }
        let (hot, read): (Self, usize) =
            bincode::decode_from_slice(views, CONFIG).map_err(|_| SnapshotError::Unusable)?;
        if read == views.len() { Ok(hot) } else { Err(SnapshotError::Unusable) }
    }

    /// One number for the whole state: equal states have equal hashes.
    pub fn state_hash(&self) -> Result<[u8; 32], SnapshotError> {
        Ok(*blake3::hash(&bincode::encode_to_vec(self, CONFIG)?).as_bytes())
    }
}
