//! What the file system says of a folder: the space it takes, and the space that is left.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// How many bytes of the disk the files in `folder` take, at any depth.
pub(crate) fn taken_bytes(folder: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in folder.read_dir()? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += if metadata.is_dir() {
            taken_bytes(&entry.path())?
        } else {
            // In units of 512 bytes whatever the file system's own unit is (stat(2)).
            metadata.blocks() * 512
        };
    }
    Ok(bytes)
}

/// How many bytes can still be written to the file system of `folder`.
pub(crate) fn free_bytes(folder: &Path) -> io::Result<u64> {
    let space = rustix::fs::statvfs(folder)?;
    Ok(space.f_bavail.saturating_mul(space.f_frsize))
}
