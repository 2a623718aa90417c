//! What a POP3 server sends.

use std::collections::BTreeSet;

use bytes::Bytes;
use event::Mark;
use gateway::{Body, pop3_content, pop3_session};

use crate::wait;

const MESSAGE_BYTES_MAX: u64 = 4_096;

/// A message is the same however the network cuts it, ends where the server ended it, and is taken
/// once and not above its limit.
pub fn pop3(sent: &[u8]) {
    wait(async {
        let whole = content(sent, 4_096).await;
        if let Ok((kept, size)) = &whole {
            assert!(*size <= sent.len() as u64);
            assert_eq!(kept.len() as u64, *size.min(&MESSAGE_BYTES_MAX));
        }
        assert_eq!(content(sent, 7).await, whole);
        round_trip(sent).await;
        session(sent).await;
    });
}

async fn content(sent: &[u8], piece: usize) -> Result<(Bytes, u64), String> {
    let content = pop3_content(sent, piece, MESSAGE_BYTES_MAX).await;
    content.map(|(kept, size, _)| (kept, size))
}

/// What a server doubles dots in comes out as it was.
async fn round_trip(message: &[u8]) {
    let mut stuffed = Vec::new();
    let mut is_start = true;
    for (at, &byte) in message.iter().enumerate() {
        if is_start && byte == b'.' {
            stuffed.push(b'.');
        }
        stuffed.push(byte);
        is_start = message[..=at].ends_with(b"\r\n");
    }
    let end: &[u8] = if is_start { b"" } else { b"\r\n" };
    let sent = [&stuffed, end, b".\r\n+OK next\r\n"].concat();
    let (kept, size, next) = pop3_content(&sent, 4_096, u64::MAX).await.unwrap();
    assert_eq!(kept, [message, end].concat());
    assert_eq!((size, next.as_deref()), (kept.len() as u64, Some(&b"+OK next"[..])));
}

async fn session(sent: &[u8]) {
    let Ok(messages) = pop3_session(sent, MESSAGE_BYTES_MAX).await else { return };
    let mut seen = BTreeSet::new();
    for message in messages {
        let Mark::Pop3 { uidl } = message.mark else { panic!("this is POP3") };
        assert!(!uidl.contains(char::is_control) && uidl.len() <= 300, "{uidl}");
        assert!(seen.insert(uidl.clone()), "{uidl} was taken twice");
        match message.body {
            Body::Raw(raw) => assert!(raw.len() as u64 <= MESSAGE_BYTES_MAX),
            Body::Oversize { size, .. } => assert!(size > MESSAGE_BYTES_MAX),
            Body::Withheld { .. } => panic!("nothing is said of it"),
        }
    }
}
