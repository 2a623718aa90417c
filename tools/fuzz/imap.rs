//! What an IMAP server sends.

use std::fmt::Write;

use bytes::Bytes;
use event::Mark;
use gateway::{Body, Fetched, imap_fetch, imap_responses, imap_session};

use crate::wait;

const LITERAL_BYTES_MAX: u64 = 4_096;

/// Responses are the same however the network cuts them, and no message is taken twice, for
/// another, or above its limit.
pub fn imap(sent: &[u8]) {
    wait(async {
        let (responses, error) = imap_responses(sent, 4_096, LITERAL_BYTES_MAX).await;
        let total: usize = responses.iter().map(Bytes::len).sum();
        assert!(sent.starts_with(&responses.concat()) && total <= sent.len());
        for response in &responses {
            assert!(response.ends_with(b"\n"));
            if let Some(fetch) = imap_fetch(response) {
                let length = fetch.body.as_ref().map_or(0, Bytes::len);
                assert!(length <= response.len());
            }
        }
        let again = imap_responses(sent, 7, LITERAL_BYTES_MAX).await;
        assert_eq!(again, (responses, error));
        session(sent).await;
    });
    round_trip(sent);
}

async fn session(sent: &[u8]) {
    // The tags the session will give, so that the seeds need not know them.
    let Ok((messages, withheld)) = imap_session(sent, 5, LITERAL_BYTES_MAX).await else { return };
    let uid = |message: &Fetched| match message.mark {
        Mark::Imap { uid, .. } => uid,
        Mark::Pop3 { .. } | Mark::Maildir { .. } => panic!("this is IMAP"),
    };
    let uids: Vec<u32> = messages.iter().map(uid).collect();
    assert!(uids.is_sorted_by(|one, other| one < other), "{uids:?}");
    assert!(uids.iter().all(|&uid| uid >= 5 && withheld.is_none_or(|withheld| uid < withheld)));
    for message in &messages {
        if let Body::Raw(raw) = &message.body {
            assert!(raw.len() <= sent.len());
        }
    }
}

/// A message comes out of a literal as it was put in, and out of a quoted string, where it fits.
fn round_trip(message: &[u8]) {
    let mut literal = format!("* 1 FETCH (UID 7 BODY[] {{{}}}\r\n", message.len()).into_bytes();
    literal.extend_from_slice(message);
    literal.extend_from_slice(b" RFC822.SIZE 9)\r\n");
    let fetch = imap_fetch(&Bytes::from(literal)).unwrap();
    assert_eq!((fetch.uid, fetch.size), (Some(7), Some(9)));
    assert_eq!(fetch.body.unwrap(), message);

    let Ok(text) = std::str::from_utf8(message) else { return };
    if text.is_ascii() && !text.contains(char::is_control) {
        let mut quoted = String::from("* 1 FETCH (BODY[] \"");
        for character in text.chars() {
            let escape = if matches!(character, '"' | '\\') { "\\" } else { "" };
            write!(quoted, "{escape}{character}").unwrap();
        }
        quoted += "\" UID 7)\r\n";
        let fetch = imap_fetch(&Bytes::from(quoted)).unwrap();
        assert_eq!(fetch.body.unwrap(), message);
    }
}
