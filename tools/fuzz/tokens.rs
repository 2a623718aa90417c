//! The token by which an answer finds its way back.

use event::{Address, OutgoingId, Position};
use mail::{Parsed, Purpose, TokenKey, TokenSearch};

use crate::oracle;

/// What was signed is known in every form it comes back in, and nothing else is.
pub fn tokens(input: &[u8]) {
    // No seed holds a token of this key.
    let key = TokenKey::from_bytes([0x5e; 32]);
    let text = String::from_utf8_lossy(input);
    assert!(key.verify(&text).is_err(), "{text} was never signed");
    let strange = Parsed {
        to: mail::parse(&[b"To: ", input].concat()).unwrap_or_default().to,
        references: text.split_whitespace().map(str::to_owned).collect(),
        loop_markers: text.lines().map(str::to_owned).collect(),
        ..Parsed::default()
    };
    let found = mail::find_token(&key, &oracle::internal(), &strange);
    assert!(!matches!(found, TokenSearch::Found { .. }), "{text}");
    assert_eq!(mail::own_mail(&key, &strange), None);

    if let Some((position, rest)) = input.split_first_chunk::<8>() {
        let purpose = match position[0] % 3 {
            0 => Purpose::Copy,
            1 => Purpose::Relay,
            _ => Purpose::HiddenCopy,
        };
        let outgoing = OutgoingId(Position(u64::from_le_bytes(*position)));
        signed(&key, outgoing, purpose, &String::from_utf8_lossy(rest));
    }
}

/// `text` is what it is changed with and where it is sent.
fn signed(key: &TokenKey, outgoing: OutgoingId, purpose: Purpose, text: &str) {
    let token = key.sign(outgoing, purpose);
    let expected = Ok((outgoing, purpose));
    assert_eq!(key.verify(token.as_str()), expected);
    assert_eq!(key.verify(&token.as_str().to_uppercase()), expected);
    assert!(oracle::key().verify(token.as_str()).is_err());
    for changed in [
        format!("{text}{}", token.as_str()),
        format!("{}{text}", token.as_str()),
        token.as_str().replacen(text, "", 1),
        token
            .as_str()
            .chars()
            .zip(text.chars())
            .map(|(_, other)| other)
            .chain(token.as_str().chars().skip(text.chars().count()))
            .collect(),
    ] {
        assert!(
            changed.eq_ignore_ascii_case(token.as_str()) || key.verify(&changed).is_err(),
            "{changed}"
        );
    }

    let found = TokenSearch::Found { outgoing, purpose };
    let id = mail::message_id(&token, text);
    let answer = Parsed { references: vec![id.clone()], ..Parsed::default() };
    assert_eq!(mail::find_token(key, &oracle::internal(), &answer), found, "{id}");
    let sent = Parsed { message_id: Some(id), ..Parsed::default() };
    assert_eq!(mail::own_mail(key, &sent), Some((outgoing, purpose)));
    if let Ok(internal) = Address::new(text) {
        let address = mail::reply_address(&internal, &token);
        let answer = Parsed { to: vec![address.clone()], ..Parsed::default() };
        let is_found = mail::find_token(key, &internal, &answer) == found;
        assert!(is_found || address == internal, "{address}");
    }
}
