//! The bytes of one event, by bincode 2 in its standard configuration.
//!
//! `clear length (varint) | clear part | sealing (one byte) | private part`. The two parts are
//! encoded apart, so that the private one can be sealed or erased while the clear one stays
//! readable. bincode does not describe itself, so every part must be consumed to its last byte.

use bincode::config::{Configuration, Limit, LittleEndian, Varint, standard};
use bincode::error::{DecodeError, EncodeError};

use crate::{Actor, Cause, Event, Fact, Private, Timestamp};

/// Bytes that are no event, or an event that cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// bincode could not write a part.
    #[error("the event cannot be encoded: {0}")]
    Encode(#[from] EncodeError),
    /// bincode could not read a part.
    #[error("the event cannot be decoded: {0}")]
    Decode(#[from] DecodeError),
    /// Bytes were missing or left over.
    #[error("the event has {0} bytes too many or too few")]
    Length(usize),
    /// Written by a newer version.
    #[error("the private part is sealed in an unknown way ({0})")]
    Sealing(u8),
}

/// No event takes more memory. bincode takes it by the lengths it reads, and without a limit damaged
/// ones end the process.
const BYTES_MAX: usize = 256 << 20;
const CONFIG: Configuration<LittleEndian, Varint, Limit<BYTES_MAX>> =
    standard().with_limit::<BYTES_MAX>();

/// No private part.
const NOTHING: u8 = 0;
/// The private part follows in clear.
const PLAIN: u8 = 1;

/// Appends the bytes of `event` to `bytes`.
pub fn encode(event: &Event, bytes: &mut Vec<u8>) -> Result<(), CodecError> {
    let clear =
        bincode::encode_to_vec((event.time, &event.actor, event.cause, &event.fact), CONFIG)?;
    bincode::encode_into_std_write(clear.len() as u64, bytes, CONFIG)?;
    bytes.extend_from_slice(&clear);
    match &event.private {
        None => bytes.push(NOTHING),
        Some(private) => {
            bytes.push(PLAIN);
            bincode::encode_into_std_write(private, bytes, CONFIG)?;
        }
    }
    Ok(())
}

/// Reads one event; `bytes` must hold that event and nothing else.
pub fn decode(bytes: &[u8]) -> Result<Event, CodecError> {
    let (clear_len, read): (u64, usize) = bincode::decode_from_slice(bytes, CONFIG)?;
    let rest = bytes.get(read..).unwrap_or_default();
    let clear_len = usize::try_from(clear_len).unwrap_or(usize::MAX);
    let (clear, sealed) = rest.split_at_checked(clear_len).ok_or(CodecError::Length(rest.len()))?;
    let ((time, actor, cause, fact), read): ((Timestamp, Actor, Cause, Fact), usize) =
        bincode::decode_from_slice(clear, CONFIG)?;
    consumed(clear, read)?;
    let (&sealing, private) = sealed.split_first().ok_or(CodecError::Length(1))?;
    let private = match sealing {
        NOTHING => {
            consumed(private, 0)?;
            None
        }
        PLAIN => {
            let (value, read): (Private, usize) = bincode::decode_from_slice(private, CONFIG)?;
            consumed(private, read)?;
            Some(value)
        }
        other => return Err(CodecError::Sealing(other)),
    };
    Ok(Event { time, actor, cause, fact, private })
}

fn consumed(bytes: &[u8], read: usize) -> Result<(), CodecError> {
    if bytes.len() == read { Ok(()) } else { Err(CodecError::Length(bytes.len().abs_diff(read))) }
}
