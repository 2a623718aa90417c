//! A note of how far the log is known to reach, so that a lost end does not pass for an old one.
//!
//! sled takes a damaged end of its file for one that was never written, and clears it. The note
//! is written when the log is opened and when it is closed: what it names was durable then.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use event::Position;

use crate::ChunkHash;
use crate::chain::Tip;

const FILE: &str = "reached";

/// Notes that the log in `folder` reaches `tip`; durable on return.
pub(crate) fn write(folder: &Path, tip: Tip) -> io::Result<()> {
    let fresh = folder.join(format!("{FILE}.new"));
    let mut file = File::create(&fresh)?;
    writeln!(file, "{} {}", tip.position, tip.hash)?;
    file.sync_all()?;
    fs::rename(&fresh, folder.join(FILE))?;
    File::open(folder)?.sync_all()
}

/// What was noted last; `None` where there is no note.
pub(crate) fn read(folder: &Path) -> io::Result<Option<Tip>> {
    let text = match fs::read_to_string(folder.join(FILE)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    parse(text.trim_end()).map(Some).ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidData, format!("the file {FILE} is not readable"))
    })
}

fn parse(text: &str) -> Option<Tip> {
    let (position, hex) = text.split_once(' ')?;
    let mut hash = ChunkHash::default();
    if hex.len() != 2 * hash.0.len() || !hex.is_ascii() {
        return None;
    }
    for (index, byte) in hash.0.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(Tip { position: Position(position.parse().ok()?), hash })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_note_reads_as_written() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()).unwrap(), None);
        let tip = Tip { position: Position(12), hash: ChunkHash([0xa7; 32]) };
        write(folder.path(), tip).unwrap();
        assert_eq!(read(folder.path()).unwrap(), Some(tip));
        for wrong in ["", "12", "12 a7", "x 00", &format!("12 {}", "é".repeat(32))] {
            fs::write(folder.path().join(FILE), wrong).unwrap();
            assert!(read(folder.path()).is_err(), "{wrong}");
        }
    }
}
