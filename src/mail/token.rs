//! The signed token by which an answer finds its way back, in the address and in the Message-ID.

use event::{Address, OutgoingId, Position};

use crate::bounce::Bounce;
use crate::encode::is_message_id;
use crate::parse::Parsed;

/// Crockford's base 32 in lower case: without letters that look alike, and the same text
/// whatever a mail server does to the case of a local part.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// 80 bits of the keyed digest.
const SIGNATURE_BYTES: usize = 10;
const SIGNATURE_DIGITS: usize = SIGNATURE_BYTES * 8 / 5;
/// The 64 bits of a position.
const POSITION_DIGITS_MAX: usize = 13;
/// What the local part of our Message-IDs begins with.
const MESSAGE_ID_PREFIX: &str = "postbook.";

const PURPOSES: [Purpose; 5] =
    [Purpose::Copy, Purpose::Relay, Purpose::HiddenCopy, Purpose::Envelope, Purpose::Notice];

/// The secret that signs tokens; made once by the caller and kept.
#[derive(Clone)]
pub struct TokenKey([u8; 32]);

/// What an outgoing mail was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A copy delivered to an agent.
    Copy,
    /// A reply to a customer, an agent's or an automatic one.
    Relay,
    /// A copy of a reply to someone of whom the customer does not know.
    HiddenCopy,
    /// Any of them, as its envelope names it: only reports about it come back there.
    Envelope,
    /// A notice to an agent, or to the writer of a mail that is too large.
    Notice,
}

/// A signed name of one outgoing mail: 18 to 30 lower-case letters and digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token(String);

/// A text that is no token of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It does not look like a token.
    #[error("the text is not shaped as a reply token")]
    Malformed,
    /// It looks like a token and was not signed with this key.
    #[error("the reply token was not signed by this server")]
    Forged,
}

/// What a search for a token came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenSearch {
    /// Nothing looked like one.
    None,
    /// Something looked like one, and none was ours.
    Forged,
    /// One of ours.
    Found {
        /// The outgoing mail that is answered.
        outgoing: OutgoingId,
        /// What that mail was.
        purpose: Purpose,
    },
}

impl TokenKey {
    /// Takes 32 random bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(blake3::derive_key("postbook reply token, version 1", &bytes))
    }

    /// The token of an outgoing mail; the same whenever it is made.
    pub fn sign(&self, outgoing: OutgoingId, purpose: Purpose) -> Token {
        let mut text = String::from(purpose.letter());
        push_digits(u128::from(outgoing.0.0), position_digits(outgoing), &mut text);
        let signature = self.signature(outgoing, purpose);
        push_digits(number(&signature), SIGNATURE_DIGITS, &mut text);
        Token(text)
    }

    /// Reads a token in any case; the comparison takes the same time wherever they differ.
    pub fn verify(&self, text: &str) -> Result<(OutgoingId, Purpose), TokenError> {
        let (outgoing, purpose, signature) = read(text).ok_or(TokenError::Malformed)?;
        // BLAKE3 compares its digests in constant time; ours are shorter, the rest is zero.
        let given = blake3::Hash::from_bytes(padded(&signature));
        let expected = blake3::Hash::from_bytes(padded(&self.signature(outgoing, purpose)));
        if given == expected { Ok((outgoing, purpose)) } else { Err(TokenError::Forged) }
    }

    fn signature(&self, outgoing: OutgoingId, purpose: Purpose) -> [u8; SIGNATURE_BYTES] {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(purpose.letter().encode_utf8(&mut [0; 4]).as_bytes());
        hasher.update(&outgoing.0.0.to_be_bytes());
        let mut signature = [0; SIGNATURE_BYTES];
        hasher.finalize_xof().fill(&mut signature);
        signature
    }
}

impl Purpose {
    fn letter(self) -> char {
        match self {
            Self::Copy => 'c',
            Self::Relay => 'r',
            Self::HiddenCopy => 'h',
            Self::Envelope => 'e',
            Self::Notice => 'n',
        }
    }
}

impl Token {
    /// The token as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `internal+token@domain`; `internal` itself where that would be too long for an address, as
/// the Message-ID carries the token, too.
pub fn reply_address(internal: &Address, token: &Token) -> Address {
    let text = format!("{}+{}@{}", internal.local(), token.as_str(), internal.domain());
    Address::new(&text).unwrap_or_else(|_| internal.clone())
}

/// The Message-ID of an outgoing mail, without angle brackets.
pub fn message_id(token: &Token, domain: &str) -> String {
    let id = format!("{MESSAGE_ID_PREFIX}{}@{domain}", token.as_str());
    if is_message_id(&id) && !domain.is_empty() {
        id
    } else {
        format!("{MESSAGE_ID_PREFIX}{}@postbook.invalid", token.as_str())
    }
}

/// Looks for one of our tokens in a mail: in the addresses of To and Cc, then in In-Reply-To,
/// then in References, newest first.
pub fn find_token(key: &TokenKey, internal: &Address, parsed: &Parsed) -> TokenSearch {
    let in_addresses =
        parsed.to.iter().chain(&parsed.cc).filter_map(|address| suffix(address, internal));
    let in_ids = parsed
        .in_reply_to
        .iter()
        .chain(parsed.references.iter().rev())
        .filter_map(|id| token_part(id));
    search(key, in_addresses.chain(in_ids))
}

/// Tells whether a mail is one that we sent ourselves and that came back to us: by its own
/// Message-ID, or by our marker where a server has replaced that.
pub fn own_mail(key: &TokenKey, parsed: &Parsed) -> Option<(OutgoingId, Purpose)> {
    let ids = parsed.message_id.iter().chain(&parsed.loop_markers);
    match search(key, ids.filter_map(|id| token_part(id))) {
        TokenSearch::Found { outgoing, purpose } => Some((outgoing, purpose)),
        TokenSearch::None | TokenSearch::Forged => None,
    }
}

/// The outgoing mail that a bounce is about: by the address it was sent to, which only the envelope
/// of that mail named, else by the Message-ID of what came back.
pub fn reported_mail(
    key: &TokenKey,
    sender: &Address,
    parsed: &Parsed,
    bounce: &Bounce,
) -> Option<OutgoingId> {
    let in_addresses =
        parsed.to.iter().chain(&parsed.cc).filter_map(|address| suffix(address, sender));
    let in_ids = bounce
        .original_message_id
        .iter()
        .chain(&parsed.in_reply_to)
        .filter_map(|id| token_part(id));
    match search(key, in_addresses.chain(in_ids)) {
        TokenSearch::Found { outgoing, .. } => Some(outgoing),
        TokenSearch::None | TokenSearch::Forged => None,
    }
}

fn search<'a>(key: &TokenKey, candidates: impl Iterator<Item = &'a str>) -> TokenSearch {
    let mut result = TokenSearch::None;
    for candidate in candidates {
        match key.verify(candidate) {
            Ok((outgoing, purpose)) => return TokenSearch::Found { outgoing, purpose },
            Err(TokenError::Forged) => result = TokenSearch::Forged,
            Err(TokenError::Malformed) => {}
        }
    }
    result
}

/// What follows `internal+` in an address of ours.
fn suffix<'a>(address: &'a Address, internal: &Address) -> Option<&'a str> {
    let (local, suffix) = address.local().rsplit_once('+')?;
    let is_ours = address.domain() == internal.domain()
        && local.to_lowercase() == internal.local().to_lowercase();
    is_ours.then_some(suffix)
}

/// The token in a Message-ID of ours.
fn token_part(id: &str) -> Option<&str> {
    let (local, _) = id.split_once('@')?;
    let prefix = local.get(..MESSAGE_ID_PREFIX.len())?;
    if prefix.eq_ignore_ascii_case(MESSAGE_ID_PREFIX) {
        local.get(MESSAGE_ID_PREFIX.len()..)
    } else {
        None
    }
}

fn read(text: &str) -> Option<(OutgoingId, Purpose, [u8; SIGNATURE_BYTES])> {
    let text = text.to_ascii_lowercase();
    let (purpose, digits) = PURPOSES
        .iter()
        .find_map(|&purpose| Some((purpose, text.strip_prefix(purpose.letter())?)))?;
    let position_length = digits.len().checked_sub(SIGNATURE_DIGITS)?;
    if !(1..=POSITION_DIGITS_MAX).contains(&position_length) {
        return None;
    }
    let position = value(digits.get(..position_length)?)?;
    let outgoing = OutgoingId(Position(u64::try_from(position).ok()?));
    if position_digits(outgoing) != position_length {
        return None;
    }
    let signature = value(digits.get(position_length..)?)?.to_be_bytes();
    let signature = signature.last_chunk::<SIGNATURE_BYTES>()?;
    Some((outgoing, purpose, *signature))
}

fn position_digits(outgoing: OutgoingId) -> usize {
    let bits = u64::BITS - outgoing.0.0.leading_zeros();
    (bits.div_ceil(5) as usize).max(1)
}

fn number(bytes: &[u8]) -> u128 {
    bytes.iter().fold(0, |number, &byte| (number << 8) | u128::from(byte))
}

fn push_digits(number: u128, count: usize, text: &mut String) {
    for place in (0..count).rev() {
        let digit = (number >> (place * 5)) & 31;
        let letter = ALPHABET.get(usize::try_from(digit).unwrap_or_default());
        text.push(char::from(letter.copied().unwrap_or(b'0')));
    }
}

fn value(digits: &str) -> Option<u128> {
    digits.bytes().try_fold(0_u128, |number, byte| {
        let digit = ALPHABET.iter().position(|&letter| letter == byte)?;
        Some((number << 5) | digit as u128)
    })
}

fn padded(signature: &[u8; SIGNATURE_BYTES]) -> [u8; 32] {
    let mut padded = [0; 32];
    if let Some(start) = padded.first_chunk_mut() {
        *start = *signature;
    }
    padded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> TokenKey {
        TokenKey::from_bytes([7; 32])
    }

    fn outgoing(position: u64) -> OutgoingId {
        OutgoingId(Position(position))
    }

    fn address(text: &str) -> Address {
        Address::new(text).unwrap()
    }

    #[test]
    fn tokens_are_verified_in_any_case() {
        for position in [0, 1, 31, 32, 12_345_678, u64::MAX] {
            for purpose in PURPOSES {
                let token = key().sign(outgoing(position), purpose);
                let expected = Ok((outgoing(position), purpose));
                assert!((18..=30).contains(&token.as_str().len()), "{token:?}");
                assert_eq!(key().verify(token.as_str()), expected);
                assert_eq!(key().verify(&token.as_str().to_uppercase()), expected);
            }
        }
    }

    #[test]
    fn every_changed_character_is_noticed() {
        let token = key().sign(outgoing(4_711), Purpose::Copy);
        assert!(TokenKey::from_bytes([8; 32]).verify(token.as_str()).is_err());
        for place in 0..token.as_str().len() {
            for letter in ALPHABET {
                let mut bytes = token.as_str().as_bytes().to_vec();
                if bytes[place] != *letter {
                    bytes[place] = *letter;
                    let text = String::from_utf8(bytes).unwrap();
                    assert!(key().verify(&text).is_err(), "{text}");
                }
            }
        }
        for text in ["", "c", "hello", "é", "c0000000000000000", &"c0".repeat(40)] {
            assert_eq!(key().verify(text), Err(TokenError::Malformed), "{text}");
        }
    }

    fn mail(to: &str, in_reply_to: &str, references: &str) -> Parsed {
        let raw =
            format!("To: {to}\r\nIn-Reply-To: {in_reply_to}\r\nReferences: {references}\r\n\r\n");
        crate::parse::parse(raw.as_bytes()).unwrap()
    }

    #[test]
    fn the_address_is_looked_at_first_and_the_newest_reference_before_older_ones() {
        let internal = address("desk@corp.test");
        let ids: Vec<String> = (0..5)
            .map(|n| {
                format!("<{}>", message_id(&key().sign(outgoing(n), Purpose::Relay), "x.test"))
            })
            .collect();
        let ours = reply_address(&internal, &key().sign(outgoing(9), Purpose::Copy));
        let forged = reply_address(
            &internal,
            &TokenKey::from_bytes([1; 32]).sign(outgoing(9), Purpose::Copy),
        );
        let found = |parsed: &Parsed| match find_token(&key(), &internal, parsed) {
            TokenSearch::Found { outgoing, .. } => i64::try_from(outgoing.0.0).unwrap(),
            TokenSearch::None => -1,
            TokenSearch::Forged => -2,
        };
        let references = format!("{} {}", ids[1], ids[2]);
        assert_eq!(found(&mail(ours.as_str(), &ids[0], &references)), 9);
        assert_eq!(found(&mail(&ours.as_str().to_uppercase(), "", "")), 9);
        assert_eq!(found(&mail(forged.as_str(), &ids[0], &references)), 0);
        assert_eq!(found(&mail("desk@corp.test", "<other@x>", &references)), 2);
        assert_eq!(found(&mail(forged.as_str(), "<other@x>", "")), -2);
        assert_eq!(found(&mail("desk+holiday@corp.test", "<other@x>", "<a@b>")), -1);
        assert_eq!(found(&mail(&ours.as_str().replace("corp", "evil"), "", "")), -1);
    }

    #[test]
    fn our_own_mail_is_known() {
        let id = message_id(&key().sign(outgoing(3), Purpose::Relay), "x.test");
        let own = |raw: String| own_mail(&key(), &crate::parse::parse(raw.as_bytes()).unwrap());
        let expected = Some((outgoing(3), Purpose::Relay));
        assert_eq!(own(format!("Message-ID: <{id}>\r\n\r\n")), expected);
        assert_eq!(own(format!("Message-ID: <a@b>\r\nX-Postbook-Loop: <{id}>\r\n\r\n")), expected);
        assert_eq!(own(format!("In-Reply-To: <{id}>\r\n\r\n")), None);
    }

    #[test]
    fn an_unusable_domain_is_replaced() {
        let token = key().sign(outgoing(1), Purpose::Copy);
        for domain in ["", "x y", "x>\r\nBcc: a@b"] {
            assert!(message_id(&token, domain).ends_with("@postbook.invalid"));
        }
        let long = address(&format!("{}@corp.test", "x".repeat(240)));
        assert_eq!(reply_address(&long, &token), long);
    }
}
