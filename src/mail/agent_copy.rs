//! The copy of a customer's mail that goes to an agent.

use event::{Address, ContactId, Person, QueueName};

use crate::decode;
use crate::encode::{self, is_plain, push_field, push_received};
use crate::header::{self, Field, Header};
use crate::lines::with_head;
use crate::parse::{LOOP_MARKER, subject, unreadable_from};
use crate::words::decode_words;

/// No date is longer than this.
const DATE_BYTES_MAX: usize = 1_000;
/// A kept field longer than this is left out.
const FIELD_BYTES_MAX: usize = 16_384;

/// What the agent sees of the customer's header, besides Content- fields and the subject; each
/// once, the first one counts.
///
/// All else stays behind: recipients and list addresses (an answer to all must not go past us),
/// requests for receipts, signatures and traces of transport (they are about another mail now),
/// and vendors' fields, with which a stranger could steer the agent's server.
const KEPT: [&str; 12] = [
    "Comments",
    "Importance",
    "In-Reply-To",
    "Keywords",
    "Organization",
    "Priority",
    "References",
    "Sensitivity",
    "Thread-Topic",
    "User-Agent",
    "X-Mailer",
    "X-Priority",
];

/// What describes the body; fields of other names that begin alike mean nothing.
const KEPT_CONTENT: [&str; 10] = [
    "Content-Base",
    "Content-Class",
    "Content-Description",
    "Content-Disposition",
    "Content-ID",
    "Content-Language",
    "Content-Location",
    "Content-MD5",
    "Content-Transfer-Encoding",
    "Content-Type",
];

/// A customer's mail and what its copy to an agent says.
#[derive(Clone, Debug)]
pub struct AgentCopy<'a> {
    /// The mail as received; the copy is made in its memory.
    pub raw: Vec<u8>,
    /// The customer, as From named them; `None` where From cannot be read.
    pub customer: Option<&'a Person>,
    /// The agent's own mailbox.
    pub agent: &'a Address,
    /// Who else is shown on the copy; an answer to all goes to them past us.
    pub cc: &'a [Address],
    /// Where the agent's answer goes: the internal address with its token.
    pub reply_to: &'a Address,
    /// The Message-ID of the copy, without angle brackets.
    pub message_id: &'a str,
    /// The contact.
    pub contact: ContactId,
    /// Set where From shows us instead of the customer's address.
    pub via: Option<Via<'a>>,
}

/// From as `"Customer via Queue" <internal>`, for domains that enforce DMARC.
#[derive(Clone, Copy, Debug)]
pub struct Via<'a> {
    /// The queue the contact waited in.
    pub queue: &'a QueueName,
    /// The address From shows.
    pub internal: &'a Address,
}

impl AgentCopy<'_> {
    /// Writes the copy: a header of ours and of what is kept, then the body as received, with
    /// every line ending as CRLF. The same input always gives the same bytes.
    pub fn compose(self) -> Vec<u8> {
        let (header, body) = header::split(&self.raw);
        let mut out = Vec::new();
        push_field("From", &self.from(&header), &mut out);
        push_field("Reply-To", &encode::named(None, self.reply_to), &mut out);
        push_field("To", &encode::named(None, self.agent), &mut out);
        if !self.cc.is_empty() {
            push_field("Cc", &encode::addresses(self.cc), &mut out);
        }
        push_id("Message-ID", self.message_id, &mut out);
        push_subject(&header, &mut out);
        push_date(&header, &mut out);
        for name in KEPT {
            if let Some(field) = header.get(name).filter(|field| is_kept(field)) {
                push_received(field, &mut out);
            }
        }
        push_field("X-Postbook-Contact", &self.contact.to_string(), &mut out);
        push_id(LOOP_MARKER, self.message_id, &mut out);
        // Asks the agent's server for no out-of-office notice and no receipts; bounces stay wanted.
        push_field("X-Auto-Response-Suppress", "OOF, AutoReply, RN, NRN", &mut out);
        push_content(&header, &KEPT_CONTENT, &mut out);
        out.extend_from_slice(b"\r\n");
        let replaced = self.raw.len() - body.len();
        with_head(out, self.raw, replaced)
    }

    fn from(&self, header: &Header<'_>) -> String {
        let shown = self
            .customer
            .map(|customer| customer.name.clone().unwrap_or_else(|| customer.address.to_string()))
            .or_else(|| unreadable_from(header))
            .unwrap_or_else(|| "Unknown sender".to_owned());
        match (&self.via, self.customer) {
            (Some(via), _) => {
                encode::named(Some(&format!("{shown} via {}", via.queue)), via.internal)
            }
            (None, Some(customer)) => encode::person(customer),
            (None, None) => encode::named(Some(&shown), self.reply_to),
        }
    }
}

/// Appends the customer's Date; where it cannot be read, when a server last received the mail.
fn push_date(header: &Header<'_>, out: &mut Vec<u8>) {
    let read = |field: &&Field<'_>| decode::date(&field.text(DATE_BYTES_MAX)).is_some();
    if let Some(field) = header.get("Date").filter(read).filter(|field| is_kept(field)) {
        push_received(field, out);
        return;
    }
    if let Some(time) = header.received() {
        push_field("Date", &decode::write_date(time), out);
    }
}

/// Appends the subject: as received where that may travel and hides no control characters in
/// encoded words, else decoded and encoded anew.
pub(crate) fn push_subject(header: &Header<'_>, out: &mut Vec<u8>) {
    let is_harmless = |field: &Field<'_>| {
        !decode_words(&field.text(FIELD_BYTES_MAX)).contains(|c: char| c.is_control() && c != '\t')
    };
    match header.get("Subject") {
        Some(field) if is_kept(field) && is_harmless(field) => push_received(field, out),
        Some(_) => push_field("Subject", &encode::unstructured(&subject(header)), out),
        None => {}
    }
}

/// Appends what describes the body: MIME-Version, and the first field of each of `names`,
/// verbatim.
pub(crate) fn push_content(header: &Header<'_>, names: &[&str], out: &mut Vec<u8>) {
    // Written anew: senders put the name of their program into its comment.
    if header.has("MIME-Version") {
        push_field("MIME-Version", "1.0", out);
    }
    for field in names.iter().filter_map(|name| header.get(name)) {
        push_received(field, out);
    }
}

/// Appends a field of one message id.
pub(crate) fn push_id(name: &str, id: &str, out: &mut Vec<u8>) {
    let written = encode::message_ids(std::iter::once(id));
    if !written.is_empty() {
        push_field(name, &written, out);
    }
}

/// A field with raw 8-bit text or overlong lines may not travel to every server.
pub(crate) fn is_kept(field: &Field<'_>) -> bool {
    field.value.len() <= FIELD_BYTES_MAX && is_plain(field)
}
