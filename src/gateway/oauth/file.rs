//! The file of a refresh token, replaced so that a power cut leaves the old or the new one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::Secret;

const TOKEN_BYTES_MAX: u64 = 16 << 10;

/// Reads a token; white space around it does not count.
pub(super) fn read(path: &Path) -> io::Result<Secret> {
    let mut text = String::new();
    File::open(path)?.take(TOKEN_BYTES_MAX + 1).read_to_string(&mut text)?;
    let token = text.trim();
    if text.len() as u64 > TOKEN_BYTES_MAX || !is_token(token) {
        return Err(io::Error::new(ErrorKind::InvalidData, "it holds no token"));
    }
    Ok(Secret::new(token))
}

/// Whether a text can be a token: visible ASCII characters (RFC 6749 appendix A.12), so that none
/// can end the field it is sent in.
pub(super) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Replaces the token; it is on the disk when this returns.
pub(super) fn write(path: &Path, token: &Secret) -> io::Result<()> {
    // The file itself, where the path is a link to it.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let fresh = beside(&path);
    match fs::remove_file(&fresh) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
    file.write_all(token.expose().as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    fs::rename(&fresh, &path)?;
    File::open(folder)?.sync_all()
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_token_is_replaced_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        fs::write(&path, " old \n").unwrap();
        fs::write(beside(&path), "left by a crash, and readable by all").unwrap();
        assert_eq!(read(&path).unwrap().expose(), "old");
        write(&path, &Secret::new("new")).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new\n");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!beside(&path).exists());
    }

    #[test]
    fn what_is_no_token_is_not_taken() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        for wrong in ["", "\n", "two words", "a\u{1}b", &"x".repeat(20_000)] {
            fs::write(&path, wrong).unwrap();
            assert_eq!(read(&path).unwrap_err().kind(), ErrorKind::InvalidData);
        }
    }
}
