//! What the fuzz targets reach of IMAP: the responses of a server that is a text.

use std::time::Duration;

use bytes::Bytes;

use super::codec::Codec;
use super::error::ImapError;
use super::fetch::{self, Terms};
use super::listing;
use super::response::Response;
use super::session::Session;
use super::trouble::Trouble;
use crate::wire::Wire;
use crate::{Fetched, ImapTimeouts};

/// What a FETCH response says of a message.
#[derive(Debug, PartialEq, Eq)]
pub struct ImapFetch {
    /// UID.
    pub uid: Option<u32>,
    /// RFC822.SIZE, in bytes.
    pub size: Option<u64>,
    /// The content.
    pub body: Option<Bytes>,
}

/// The responses in what a server sends, when the network gives `piece` bytes at a time, and the
/// error that ends them.
pub async fn imap_responses(
    sent: &[u8],
    piece: usize,
    literal_bytes_max: u64,
) -> (Vec<Bytes>, String) {
    let (client, mut server) = tokio::io::duplex(piece);
    let sending = async move {
        // The reader gives up before the end where it meets an error.
        let _ = tokio::io::AsyncWriteExt::write_all(&mut server, sent).await;
    };
    let reading = async move {
        let mut codec = Codec::new(client);
        let mut responses = Vec::new();
        loop {
            match codec.read(literal_bytes_max, Duration::MAX).await {
                Ok(response) => responses.push(response),
                Err(error) => return (responses, error.to_string()),
            }
        }
    };
    tokio::join!(sending, reading).1
}

/// Reads a response; `None` where it is no FETCH that can be read.
pub fn imap_fetch(response: &Bytes) -> Option<ImapFetch> {
    match Response::parse(response) {
        Response::Fetch(attributes) => {
            Some(ImapFetch { uid: attributes.uid, size: attributes.size, body: attributes.body })
        }
        _ => None,
    }
}

/// Lists and fetches the messages from the UID `from` on, the server saying `sent` whatever it is
/// asked. The messages come with the UID of one that the server withholds.
pub async fn imap_session(
    sent: &[u8],
    from: u32,
    message_bytes_max: u64,
) -> Result<(Vec<Fetched>, Option<u32>), ImapError> {
    let wire = Wire::Script(Bytes::copy_from_slice(sent));
    let mut session = Session::new(wire, ImapTimeouts::default());
    session.greeting().await?;
    session.ask_capabilities().await?;
    let mut wanted = listing::list(&mut session, from).await?.into();
    let terms = Terms { uid_validity: 1, message_bytes_max };
    let mut messages = Vec::new();
    loop {
        let batch = fetch::next_batch(&mut wanted, &Trouble::default());
        if batch.is_empty() {
            return Ok((messages, None));
        }
        let harvest = fetch::fetch(&mut session, terms, &batch, false).await?;
        messages.extend(harvest.messages);
        if let Some((uid, _)) = harvest.withheld {
            return Ok((messages, Some(uid)));
        }
        for message in harvest.deferred.into_iter().rev() {
            wanted.push_front(message);
        }
    }
}
