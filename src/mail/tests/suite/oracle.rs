//! A second, naive reading of mails, to check the package against.

use event::{Address, ContactId, OutgoingId, Person, Position, QueueName, Timestamp};
use mail::{AgentCopy, PrivateAddresses, Purpose, Relay, TokenKey, Via};

/// Every line ending as CRLF.
pub(crate) fn with_crlf(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = raw;
    loop {
        rest = match rest {
            [b'\r', b'\r', b'\n', after @ ..]
            | [b'\r', b'\n', after @ ..]
            | [b'\r' | b'\n', after @ ..] => {
                out.extend_from_slice(b"\r\n");
                after
            }
            [byte, after @ ..] => {
                out.push(*byte);
                after
            }
            [] => return out,
        };
    }
}

/// What follows the first blank line of a mail with CRLF line endings.
pub(crate) fn body(crlf: &[u8]) -> &[u8] {
    if crlf.starts_with(b"\r\n") {
        return &crlf[2..];
    }
    let blank = crlf.windows(4).position(|window| window == b"\r\n\r\n");
    blank.map_or(b"", |at| &crlf[at + 4..])
}

/// The lines before the first blank line.
pub(crate) fn header(crlf: &[u8]) -> String {
    let length = crlf.len() - body(crlf).len();
    String::from_utf8_lossy(&crlf[..length]).trim_end().to_owned()
}

/// The names of the fields of a header.
pub(crate) fn field_names(header: &str) -> Vec<String> {
    header
        .split("\r\n")
        .filter(|line| !line.starts_with([' ', '\t']))
        .map(|line| line.split(':').next().unwrap().to_lowercase())
        .collect()
}

/// Whether any CR or LF stands alone.
pub(crate) fn has_bare_ending(bytes: &[u8]) -> bool {
    let text: Vec<u8> = bytes.to_vec();
    let pairs = text.windows(2).filter(|pair| pair == b"\r\n").count();
    let count = |wanted: u8| text.iter().filter(|&&byte| byte == wanted).count();
    count(b'\r') != pairs || count(b'\n') != pairs
}

pub(crate) fn address(text: &str) -> Address {
    Address::new(text).unwrap()
}

/// The internal address of all tests.
pub(crate) fn internal() -> Address {
    address("desk@corp.test")
}

/// The key of all tests.
pub(crate) fn key() -> TokenKey {
    TokenKey::from_bytes(std::array::from_fn(|place| u8::try_from(place).unwrap()))
}

/// The agent's copy of a mail, composed as the engine would.
pub(crate) fn agent_copy(raw: &[u8], via: bool) -> Vec<u8> {
    let parsed = mail::parse(raw).unwrap_or_default();
    let token = key().sign(OutgoingId(Position(42)), Purpose::Copy);
    let queue = QueueName::new("Service à la clientèle").unwrap();
    AgentCopy {
        raw: raw.to_vec(),
        customer: parsed.from.as_ref(),
        agent: &address("a1@corp.test"),
        cc: &[],
        reply_to: &mail::reply_address(&internal(), &token),
        message_id: &mail::message_id(&token, "corp.test"),
        contact: ContactId::from_digest(&[0xa7; 32]),
        via: via.then_some(Via { queue: &queue, internal: &internal() }),
    }
    .compose()
}

/// A reply relayed to a customer, composed as the engine would.
pub(crate) fn relay(raw: &[u8]) -> Vec<u8> {
    let token = key().sign(OutgoingId(Position(43)), Purpose::Relay);
    Relay {
        raw: raw.to_vec(),
        from: &Person { name: Some("Support".to_owned()), address: address("support@corp.test") },
        to: &address("jo@example.org"),
        cc: &[],
        message_id: &mail::message_id(&token, "corp.test"),
        answers: Some("question@example.org"),
        references: &["first@example.org".to_owned()],
        date: Timestamp(1_700_000_000_000),
        private: &PrivateAddresses::default(),
    }
    .compose()
}
