//! What in a reply would show the customer who is behind it.

use command::{Delivery, Finding, Screening};
use event::{Address, Quotes, SignedReplies};
use mail::{Parsed, PrivateAddresses};
use projections::Directory;

/// What replies are looked through for, as directory and settings say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Screen {
    private: PrivateAddresses,
    quotes: Quotes,
    signed: SignedReplies,
}

impl Screen {
    pub(crate) fn of(directory: &Directory) -> Self {
        Self {
            private: private(directory, []),
            quotes: directory.settings.quotes,
            signed: directory.settings.signed_replies,
        }
    }

    /// Looks through a reply; what will be refused anyway is not looked at.
    pub(crate) fn look(&self, raw: &[u8], parsed: &Parsed, finding: &Finding) -> Screening {
        let Finding::Delivery(Delivery { address, .. }) = finding else {
            return Screening::default();
        };
        let strips = parsed.seal.is_some() && self.signed == SignedReplies::Strip;
        let unsigned = if strips { mail::unsigned(raw) } else { None };
        let detachable = unsigned.is_some();
        if self.quotes == Quotes::Allow {
            return Screening { detachable, ..Screening::default() };
        }
        let mut private = self.private.clone();
        let writer = parsed.from.as_ref().map(|from| &from.address);
        writer.into_iter().chain(address).for_each(|address| private.insert(address));
        let seen = unsigned.as_deref().unwrap_or(raw);
        let (quoted, elsewhere) = mail::quoted_addresses(seen, &private);
        Screening { quoted, elsewhere, detachable }
    }
}

/// The internal address, those of all agents, and some more.
pub(crate) fn private<'a>(
    directory: &'a Directory,
    more: impl IntoIterator<Item = &'a Address>,
) -> PrivateAddresses {
    directory.agent_addresses().chain(directory.internal_address()).chain(more).collect()
}
