//! What the fuzz targets reach of POP3: the answers of a server that is a text.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;

use super::codec::Codec;
use super::error::Pop3Error;
use super::past::Past;
use super::session::Session;
use super::{fetch, listing};
use crate::wire::Wire;
use crate::{Fetched, Pop3Timeouts};

/// The first bytes of a message and its whole size, as read from what a server sends when the
/// network gives `piece` bytes at a time, and the line behind it; or the error that ends it.
pub async fn pop3_content(
    sent: &[u8],
    piece: usize,
    keep_bytes_max: u64,
) -> Result<(Bytes, u64, Option<Bytes>), String> {
    let (client, mut server) = tokio::io::duplex(piece);
    let sending = async move {
        // The reader gives up before the end where it meets an error.
        let _ = tokio::io::AsyncWriteExt::write_all(&mut server, sent).await;
    };
    let reading = async move {
        let mut codec = Codec::new(client);
        let content = codec.content(0, keep_bytes_max, Duration::MAX).await;
        let content = content.map_err(|error| error.to_string())?;
        Ok((content.kept, content.size, codec.line(Duration::MAX).await.ok()))
    };
    tokio::join!(sending, reading).1
}

/// Lists and fetches all messages, the server saying `sent` whatever it is asked. What came before
/// the session broke is given, too.
pub async fn pop3_session(sent: &[u8], message_bytes_max: u64) -> Result<Vec<Fetched>, Pop3Error> {
    let wire = Wire::Script(Bytes::copy_from_slice(sent));
    let mut session = Session::new(wire, Pop3Timeouts::default());
    session.ask_capabilities().await?;
    let listing = listing::list(&mut session).await?;
    let mut wanted = VecDeque::from(listing.messages);
    let (mut messages, mut past) = (Vec::new(), Past::default());
    loop {
        let batch = fetch::next_batch(&mut wanted, message_bytes_max);
        if batch.is_empty() {
            return Ok(messages);
        }
        let harvest = fetch::fetch(&mut session, message_bytes_max, &batch, &mut past).await;
        messages.extend(harvest.messages.into_iter().map(|(_, message)| message));
        if harvest.broken.is_some() {
            return Ok(messages);
        }
        for message in harvest.deferred.into_iter().rev() {
            wanted.push_front(message);
        }
    }
}
