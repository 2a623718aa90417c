//! Who gets a reply, and who is seen on it.

use event::{Address, CopyKind, Letter, MailDetails, ParameterName};

use crate::receive_reply::Delivery;
use crate::{Rejection, View};

/// Beside the customer no more people than this get a reply; a mail can name hundreds.
const COPIES_MAX: usize = 50;

/// The parameter in which an application names the people outside who get the reply.
const EXTERNAL: &str = "wf.externalccaddresses";
/// The parameter in which an application names the people inside who get a hidden copy.
const INTERNAL: &str = "wf.internalccaddresses";

/// A reply as it is to be relayed, and who gets it beside the customer.
pub(crate) struct Recipients {
    pub(crate) letter: Letter,
    pub(crate) copies: Vec<(CopyKind, Address)>,
}

/// Settles who gets a reply, at the moment it is taken for relaying.
///
/// People whom the handler put on the mail have it from the handler's own server already; nobody
/// gets it twice.
pub(crate) fn recipients(
    view: &View<'_>,
    delivery: &Delivery,
    mail: MailDetails,
) -> Result<Recipients, Rejection> {
    let settings = &view.hot.directory.settings;
    let added = &mail.others;
    let is_party = |address: &Address| {
        delivery.customer.as_ref() == Some(address)
            || delivery.address.as_ref() == Some(address)
            || mail.from.as_ref().is_some_and(|from| from.address == *address)
            || view.hot.directory.is_inside(address)
    };
    let external = parameter(view, delivery, EXTERNAL)
        .unwrap_or_else(|| delivery.external.clone())
        .into_iter()
        .filter(|address| !is_party(address));
    let external = once_each(external);
    let (mut shown, cc): (Vec<Address>, Vec<Address>) = external
        .iter()
        .cloned()
        .partition(|address| !settings.keep_external_cc || added.contains(address));
    let mut hidden = Vec::new();
    if settings.keep_internal_cc {
        let earlier = match parameter(view, delivery, INTERNAL) {
            Some(named) => named,
            None => {
                let thread = view.archive.thread(delivery.thread)?;
                thread.map(|record| record.internal_cc).unwrap_or_default()
            }
        };
        let due = earlier.into_iter().filter(|address| {
            !is_party(address) && !added.contains(address) && !external.contains(address)
        });
        hidden = once_each(due);
    } else {
        let more: Vec<Address> =
            added.iter().filter(|address| !external.contains(address)).cloned().collect();
        shown.extend(more);
    }
    Ok(limited(mail, cc, shown, hidden))
}

fn limited(
    mail: MailDetails,
    mut cc: Vec<Address>,
    shown: Vec<Address>,
    mut hidden: Vec<Address>,
) -> Recipients {
    let due = cc.len() + hidden.len();
    cc.truncate(COPIES_MAX);
    hidden.truncate(COPIES_MAX - cc.len());
    let left_out = u32::try_from(due - cc.len() - hidden.len()).unwrap_or(u32::MAX);
    let copies = cc
        .iter()
        .map(|address| (CopyKind::External, address.clone()))
        .chain(hidden.into_iter().map(|address| (CopyKind::Internal, address)))
        .collect();
    Recipients { letter: Letter { mail, cc, shown, left_out }, copies }
}

/// The addresses an application has set, while the contact is open; `None` where it set none.
fn parameter(view: &View<'_>, delivery: &Delivery, name: &str) -> Option<Vec<Address>> {
    let open = view.hot.contacts.get(delivery.contact)?;
    let value = open.parameters.get(&ParameterName::new(name).ok()?)?.as_ref()?;
    Some(value.split([',', ';']).filter_map(|text| Address::new(text).ok()).collect())
}

fn once_each(addresses: impl Iterator<Item = Address>) -> Vec<Address> {
    let mut found: Vec<Address> = Vec::new();
    for address in addresses {
        if !found.contains(&address) {
            found.push(address);
        }
    }
    found
}
