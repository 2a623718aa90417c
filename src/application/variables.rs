//! What is known of a contact, under the names that templates and expressions use.

use std::collections::BTreeMap;

use event::{ParameterName, QueueName, ScheduleName, Timestamp};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::known::{HasKind, Known};

/// A longer text is cut, in bytes: what one mail holds must not make a template or an expression
/// slow.
const TEXT_BYTES_MAX: usize = 16_384;
/// Of a longer list the rest is left out.
const LIST_MAX: usize = 200;

/// Before the name of a parameter.
const PARAMETERS: &str = "wf.";

/// What is known, as nested values: `contact.subject` is its text.
#[derive(Clone, Debug)]
pub struct Variables(pub(crate) Map<String, Value>);

/// Where [`Variables`] come from. What is not known, or was erased, is empty.
#[derive(Clone, Debug, Default)]
pub struct Values {
    /// `contact.*`
    pub contact: ContactValues,
    /// `contact.verification.*`
    pub verification: VerificationValues,
    /// `mailbox.*`
    pub mailbox: MailboxValues,
    /// `thread.*`
    pub thread: ThreadValues,
    /// `agents.*`
    pub agents: AgentValues,
    /// `wf.*`: what applications set.
    pub parameters: BTreeMap<ParameterName, String>,
    /// `schedule.*`
    pub schedules: BTreeMap<ScheduleName, ScheduleValues>,
    /// `queue.*`
    pub queues: BTreeMap<QueueName, QueueValues>,
    /// `now`
    pub now: Timestamp,
}

/// Makes a struct of values, and from the same lines the list of their names.
macro_rules! values {
    ($(#[$doc:meta])* $type:ident under $prefix:literal {
        $($name:ident: $value:ty = $about:literal,)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, Serialize)]
        pub struct $type {
            $(#[doc = $about] pub $name: $value,)*
        }

        impl $type {
            pub(crate) const KNOWN: &[Known] = &[$(Known {
                path: concat!($prefix, stringify!($name)),
                kind: <$value as HasKind>::KIND,
                about: $about,
            }),*];
        }
    };
}

values!(
    /// Of the contact and its mail.
    ContactValues under "contact." {
        id: String = "The contact's id.",
        mailbox: String = "The mailbox it came to, by its name in the directory.",
        subject: String = "The subject of the customer's mail, on one line.",
        sender: String = "The address of who wrote.",
        sender_name: String = "The name of who wrote, as the mail has it.",
        language: String = "The language of the mail as a tag such as `fr` (RFC 5646); empty where it was not recognised.",
        automatic: String = "`answer`, `bounce`, `receipt` or `list` where no person wrote the mail; else empty.",
        received: String = "When the mail server received the mail (RFC 3339, UTC).",
        size: u64 = "The size of the mail in bytes.",
        attachments: Vec<String> = "The names of the attached files.",
        priority: u64 = "The priority; higher is served first.",
        tags: Vec<String> = "The words by which the contact is found again.",
    }
);

values!(
    /// Whether the mail is from whom it says.
    VerificationValues under "contact.verification." {
        dmarc: String = "Whether the domain of From stands by the mail: `pass`, `fail`, `none`, `temperror`, `permerror` or `not checked` (RFC 7489).",
        dkim: String = "Whether a signature is good: `pass`, `fail`, `neutral`, `none`, `temperror`, `permerror` or `not checked` (RFC 6376).",
        spf: String = "Whether the sending host may send for the domain: `pass`, `fail`, `softfail`, `neutral`, `none`, `temperror`, `permerror` or `not checked` (RFC 7208).",
    }
);

values!(
    /// Of the mailbox.
    MailboxValues under "mailbox." {
        name: String = "The name in the directory.",
        display_name: String = "The name that customers see; the one in the directory where there is no other.",
        address: String = "The first address.",
    }
);

values!(
    /// Of the thread.
    ThreadValues under "thread." {
        id: String = "The thread's id.",
        last_handling_agent: String = "`number:address` of the last agent of the interaction before; `:address` where it was a plain address; else empty. Also `$Email:LastHandlingAgent`.",
        last_handling_agent_number: String = "The number of that agent; empty where there is none.",
        other_handling_agents: String = "The same for the interactions before that one, with commas between. Also `$Email:OtherHandlingAgents`.",
        internal_cc_addresses: String = "Whom the latest agent's reply went to beside the customer, with commas between. Also `$Email:InternalCCAddresses`.",
        external_cc_addresses: String = "Whom the customer's latest mail went to beside us, with commas between. Also `$Email:ExternalCCAddresses`.",
    }
);

values!(
    /// Counts of agents.
    AgentValues under "agents." {
        signed_in: u64 = "How many agents are signed in.",
        ready: u64 = "How many of them are ready.",
        not_ready: u64 = "How many of them are not ready.",
        email: u64 = "How many of them hold a contact.",
    }
);

values!(
    /// Of one schedule.
    ScheduleValues under "schedule.NAME." {
        open: bool = "Whether somebody works now.",
        holiday: String = "The name of today's holiday; empty on any other day.",
        next_open: String = "When somebody works again, by the clocks of the schedule's time zone, as `2026-11-30 09:00`; empty where somebody works now, or nobody within two years.",
    }
);

values!(
    /// Of one queue.
    QueueValues under "queue.NAME." {
        waiting: u64 = "How many contacts wait.",
        longest_wait_s: u64 = "For how many seconds the first of them has waited.",
        free_agents: u64 = "How many agents who serve it could take a contact now.",
        signed_in_agents: u64 = "How many agents who serve it are signed in.",
    }
);

impl Default for Variables {
    fn default() -> Self {
        Self::from(&Values::default())
    }
}

impl From<&Values> for Variables {
    fn from(values: &Values) -> Self {
        let mut contact = group(&values.contact);
        if let Value::Object(fields) = &mut contact {
            fields.insert("verification".to_owned(), group(&values.verification));
        }
        let parameters = values.parameters.iter().map(|(name, value)| {
            let name = name.as_str();
            (name.strip_prefix(PARAMETERS).unwrap_or(name).to_owned(), text(value))
        });
        let schedules = values.schedules.iter().map(|(name, of)| (name.to_string(), group(of)));
        let queues = values.queues.iter().map(|(name, of)| (name.to_string(), group(of)));
        let entries = [
            ("subject", text(&values.contact.subject)),
            ("now", text(&instant(values.now))),
            ("contact", contact),
            ("mailbox", group(&values.mailbox)),
            ("thread", group(&values.thread)),
            ("agents", group(&values.agents)),
            ("wf", Value::Object(parameters.collect())),
            ("schedule", Value::Object(schedules.collect())),
            ("queue", Value::Object(queues.collect())),
        ];
        Self(entries.map(|(name, value)| (name.to_owned(), value)).into_iter().collect())
    }
}

/// A point in time as RFC 3339 has it, in UTC.
pub fn instant(time: Timestamp) -> String {
    let ms = i64::try_from(time.0).unwrap_or(i64::MAX);
    jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::MAX).to_string()
}

fn text(value: &str) -> Value {
    Value::String(cut(value).to_owned())
}

fn cut(text: &str) -> &str {
    text.get(..text.floor_char_boundary(TEXT_BYTES_MAX)).unwrap_or_default()
}

/// The fields of a struct, bounded in size.
fn group(of: &impl Serialize) -> Value {
    let mut value = serde_json::to_value(of).unwrap_or_default();
    for field in value.as_object_mut().into_iter().flat_map(|fields| fields.values_mut()) {
        if let Value::String(long) = field {
            long.truncate(cut(long).len());
        } else if let Value::Array(items) = field {
            items.truncate(LIST_MAX);
            for item in items {
                *item = text(item.as_str().unwrap_or_default());
            }
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_long_is_cut() {
        let mut values = Values::default();
        values.contact.subject = "é".repeat(TEXT_BYTES_MAX);
        values.contact.tags = vec!["x".repeat(TEXT_BYTES_MAX + 1); LIST_MAX + 1];
        values.parameters.insert("wf.long".parse().unwrap(), "x".repeat(TEXT_BYTES_MAX + 1));
        let Variables(map) = Variables::from(&values);
        let length = |value: &Value| value.as_str().unwrap().len();
        assert_eq!(length(&map["contact"]["subject"]), TEXT_BYTES_MAX);
        assert_eq!(length(&map["wf"]["long"]), TEXT_BYTES_MAX);
        let tags = map["contact"]["tags"].as_array().unwrap();
        assert_eq!((tags.len(), length(&tags[0])), (LIST_MAX, TEXT_BYTES_MAX));
    }

    #[test]
    fn every_name_has_a_value() {
        let mut values = Values::default();
        values.schedules.insert("NAME".parse().unwrap(), ScheduleValues::default());
        values.queues.insert("NAME".parse().unwrap(), QueueValues::default());
        values.parameters.insert("NAME".parse().unwrap(), "a".to_owned());
        let map = Value::Object(Variables::from(&values).0);
        let mut named = 0;
        for known in crate::known::known() {
            let at = format!("/{}", known.path.replace('.', "/"));
            let value = map.pointer(&at).unwrap_or_else(|| panic!("{}", known.path));
            assert!(known.kind.is_kind_of(value), "{}: {value}", known.path);
            named += 1;
        }
        assert_eq!(named, leaves(&map), "a value has no name: {map:#}");
    }

    fn leaves(value: &Value) -> usize {
        value.as_object().map_or(1, |fields| fields.values().map(leaves).sum())
    }
}
