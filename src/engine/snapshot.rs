//! Snapshots of the hot views: files that may be deleted at any time.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use event::Position;
use projections::Hot;

/// The folder of snapshots; `None` keeps none.
pub(crate) struct Snapshots {
    folder: Option<PathBuf>,
}

const EXTENSION: &str = "snapshot";

impl Snapshots {
    /// Snapshots in `folder`, which is made.
    pub(crate) fn open(folder: Option<PathBuf>) -> io::Result<Self> {
        if let Some(folder) = &folder {
            fs::create_dir_all(folder)?;
        }
        Ok(Self { folder })
    }

    /// The newest usable snapshot that is not ahead of the log. Others are set aside by replay.
    pub(crate) fn newest(&self, head: Position) -> Option<Hot> {
        let mut found = self.list();
        found.sort_unstable_by(|a, b| b.cmp(a));
        for (position, path) in found {
            if position > head {
                continue;
            }
            let hot = fs::read(&path).ok().and_then(|bytes| Hot::from_bytes(&bytes).ok());
            match hot {
                Some(hot) if hot.position == position => return Some(hot),
                Some(_) | None => {
                    tracing::warn!(path = %path.display(), "a snapshot is of no use; replaying instead");
                }
            }
        }
        None
    }

    /// Writes a snapshot and deletes older ones. A failure costs a longer start and nothing else.
    pub(crate) fn write(&self, hot: &Hot) {
        let Some(folder) = &self.folder else { return };
        let path = folder.join(format!("{:020}.{EXTENSION}", hot.position.0));
        let written = hot
            .to_bytes()
            .map_err(io::Error::other)
            .and_then(|bytes| write_whole(&path.with_extension("part"), &bytes))
            .and_then(|part| fs::rename(part, &path));
        if let Err(error) = written {
            tracing::warn!(%error, path = %path.display(), "no snapshot was written; the next start takes longer");
            return;
        }
        for (position, old) in self.list() {
            if position < hot.position {
                let _ = fs::remove_file(old);
            }
        }
    }

    fn list(&self) -> Vec<(Position, PathBuf)> {
        let entries = self.folder.as_ref().and_then(|folder| fs::read_dir(folder).ok());
        entries
            .into_iter()
            .flatten()
            .filter_map(|entry| {
                let path = entry.ok()?.path();
                let is_snapshot = path.extension()? == EXTENSION;
                let position = path.file_stem()?.to_str()?.parse().ok()?;
                is_snapshot.then_some((Position(position), path))
            })
            .collect()
    }
}

fn write_whole(path: &std::path::Path, bytes: &[u8]) -> io::Result<PathBuf> {
    let mut file = fs::File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    Ok(path.to_owned())
}
