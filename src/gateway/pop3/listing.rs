//! What lies in the mailbox, each message under a name that stays with it.

use std::collections::{BTreeMap, HashMap};

use super::error::Pop3Error;
use super::session::{Reply, Session};
use crate::Step;

/// A unique id has up to 70 visible characters (RFC 1939 section 7); some servers give longer ones.
const UIDL_BYTES_MAX: usize = 255;
/// Of longer headers the beginning is enough to tell messages apart.
pub(super) const HEADER_BYTES_MAX: u64 = 64 << 10;

/// A message in the mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    /// Its number in this session.
    pub(super) number: u32,
    /// Its size, as the server says.
    pub(super) size: u64,
    /// Its unique id or, where the server has none, a digest of its header. Where several have the
    /// same one, a count follows it.
    pub(super) uidl: String,
}

/// What the server says of the mailbox.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Listing {
    /// All messages that it lists, in the order of their numbers.
    pub(super) messages: Vec<Listed>,
    /// How many it says there are.
    counted: usize,
}

impl Listing {
    /// What to tell where the server does not list all that it counts.
    pub(super) fn gap(&self) -> Option<Pop3Error> {
        let (counted, listed) = (self.counted, self.messages.len());
        (counted > listed).then_some(Pop3Error::Unlisted { counted, listed })
    }
}

/// Looks what lies in the mailbox.
pub(super) async fn list(session: &mut Session) -> Result<Listing, Pop3Error> {
    let step = Step::List;
    let Some(status) = unless_empty(session.ask(step, "STAT").await?)? else {
        return Ok(Listing::default());
    };
    // A server whose count cannot be read may still list what it has.
    let counted = status.split(' ').next().and_then(|count| count.parse().ok());
    if counted == Some(0) {
        return Ok(Listing::default());
    }
    let counted = counted.unwrap_or(0);
    let mut sizes = BTreeMap::new();
    if unless_empty(session.ask(step, "LIST").await?)?.is_none() {
        return Ok(Listing { counted, ..Listing::default() });
    }
    session
        .lines(step, |line| {
            if let Some((number, rest)) = numbered(line) {
                // A message whose size cannot be read is a message all the same.
                let size = rest.split(' ').next().and_then(|size| size.parse().ok());
                sizes.insert(number, size.unwrap_or(0));
            }
        })
        .await?;
    let mut ids = unique_ids(session).await?;
    ids.retain(|number, _| sizes.contains_key(number));
    let unnamed: Vec<u32> =
        sizes.keys().copied().filter(|number| !ids.contains_key(number)).collect();
    for numbers in unnamed.chunks(session.ahead_max()) {
        name_by_header(session, numbers, &mut ids).await?;
    }
    Ok(Listing { messages: named(sizes, ids), counted })
}

/// The unique ids, so far as the server has any.
async fn unique_ids(session: &mut Session) -> Result<BTreeMap<u32, String>, Pop3Error> {
    let step = Step::List;
    let mut ids = BTreeMap::new();
    match session.ask(step, "UIDL").await? {
        Reply::Ok(_) => {
            session
                .lines(step, |line| {
                    if let Some((number, id)) = numbered(line)
                        && (1..=UIDL_BYTES_MAX).contains(&id.len())
                        && id.bytes().all(|byte| byte.is_ascii_graphic())
                    {
                        ids.insert(number, id.to_owned());
                    }
                })
                .await?;
        }
        // An old server that does not know the command; others refuse it for a reason that passes.
        Reply::Refused(text) if session.capability("UIDL").is_none() && !text.starts_with('[') => {}
        reply => {
            reply.demand_ok(step)?;
        }
    }
    Ok(ids)
}

/// Names messages by a digest of their headers, for servers without unique ids.
async fn name_by_header(
    session: &mut Session,
    numbers: &[u32],
    ids: &mut BTreeMap<u32, String>,
) -> Result<(), Pop3Error> {
    let step = Step::List;
    session.give(step, numbers.iter().map(|number| format!("TOP {number} 0"))).await?;
    let mut without_top = Vec::new();
    for &number in numbers {
        match session.reply(step).await? {
            Reply::Refused(_) => without_top.push(number),
            reply => {
                reply.demand_ok(step)?;
                let content = session.content(step, 0, HEADER_BYTES_MAX).await?;
                ids.insert(number, digest(&content.kept));
            }
        }
    }
    for number in without_top {
        session.demand(step, &format!("RETR {number}")).await?;
        let content = session.content(step, 0, HEADER_BYTES_MAX).await?;
        ids.insert(number, digest(&content.kept));
    }
    Ok(())
}

/// The same for a header alone and for a message that begins with it.
fn digest(raw: &[u8]) -> String {
    let end = raw.windows(4).position(|four| four == b"\r\n\r\n");
    let header = end.and_then(|end| raw.get(..end)).unwrap_or(raw);
    let digest = blake3::Hash::from_bytes(mail::fingerprint(header)).to_hex();
    // The space tells it from any unique id.
    format!("header {digest}")
}

/// Two messages may well have one id (RFC 1939 section 7), so each further one is counted.
fn named(sizes: BTreeMap<u32, u64>, mut ids: BTreeMap<u32, String>) -> Vec<Listed> {
    let mut uses: HashMap<String, u32> = HashMap::new();
    let mut listed = Vec::with_capacity(sizes.len());
    for (number, size) in sizes {
        let Some(id) = ids.remove(&number) else { continue };
        let used = uses.entry(id.clone()).or_default();
        *used += 1;
        let uidl = if *used == 1 { id } else { format!("{id} {used}") };
        listed.push(Listed { number, size, uidl });
    }
    listed
}

/// What the server said; `None` where it says by an error that there is no mail.
fn unless_empty(reply: Reply) -> Result<Option<String>, Pop3Error> {
    match reply {
        Reply::Refused(text) if says_empty(&text) => Ok(None),
        other => other.demand_ok(Step::List).map(Some),
    }
}

/// By whole words: a server without a mailbox for us has "no mailbox".
fn says_empty(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let words: Vec<&str> = text.split(|letter: char| !letter.is_alphanumeric()).collect();
    let none =
        |pair: &[&str]| matches!(pair, ["no" | "0", "message" | "messages" | "mail" | "mails"]);
    words.contains(&"empty") || words.windows(2).any(none)
}

/// A line that begins with the number of a message.
fn numbered(line: &[u8]) -> Option<(u32, &str)> {
    let (number, rest) = std::str::from_utf8(line).ok()?.trim().split_once(' ')?;
    Some((number.parse().ok()?, rest.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_with_one_id_are_counted() {
        let sizes = [(1, 5), (2, 6), (3, 7), (4, 8)].into();
        let ids = [(1, "a"), (2, "b"), (3, "a"), (4, "a")];
        let ids = ids.map(|(number, id)| (number, id.to_owned())).into();
        let names: Vec<String> = named(sizes, ids).into_iter().map(|listed| listed.uidl).collect();
        assert_eq!(names, ["a", "b", "a 2", "a 3"]);
    }

    #[test]
    fn an_empty_mailbox_is_told_from_a_missing_one() {
        for text in ["Mailbox is empty", "[X] No messages", "no mail", "There are 0 messages."] {
            assert!(says_empty(text), "{text}");
        }
        for text in ["no mailbox for jo", "cannot scan", "no such message", "10 messages locked"] {
            assert!(!says_empty(text), "{text}");
        }
    }

    #[test]
    fn a_header_has_one_digest_however_it_was_fetched() {
        let header = "Subject: x\r\nFrom: a@b.test\r\n";
        let expected = digest(header.as_bytes());
        assert_eq!(digest(format!("{header}\r\n").as_bytes()), expected);
        assert_eq!(digest(format!("{header}Status: RO\r\n\r\nbody").as_bytes()), expected);
        assert_ne!(digest(format!("{header}Date: x\r\n\r\nbody").as_bytes()), expected);
    }
}
