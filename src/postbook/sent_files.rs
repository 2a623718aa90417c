//! The files that applications send with their answers; they lie beside the application's file.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, bail};
use application::Application;

use crate::config::folder_of;

/// A file, read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ReadFile {
    /// The name by which the application calls it.
    pub(crate) name: String,
    /// Its media type (RFC 2046).
    pub(crate) media_type: &'static str,
    /// Its bytes.
    pub(crate) content: Vec<u8>,
}

/// Mail servers seldom take more.
const BYTES_MAX: u64 = 10 << 20;

/// By the endings of their names.
const MEDIA_TYPES: [(&str, &str); 14] = [
    ("csv", "text/csv"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("gif", "image/gif"),
    ("htm", "text/html"),
    ("html", "text/html"),
    ("ics", "text/calendar"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("odt", "application/vnd.oasis.opendocument.text"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("txt", "text/plain"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("zip", "application/zip"),
];

/// The names of the files beside an application's file.
pub(crate) fn files_beside(file: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder_of(file)).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

/// Reads the files that an application sends. One that cannot be read as an application sends none, and
/// a file that is not there is left out: whoever publishes it tells what is wrong.
pub(crate) fn read(text: &str, file: &Path) -> Result<Vec<ReadFile>> {
    let Ok(application) = Application::parse(text) else { return Ok(Vec::new()) };
    let folder = folder_of(file);
    let files = application.files().into_iter();
    files.filter(|name| folder.join(name).exists()).map(|name| read_one(folder, name)).collect()
}

fn read_one(folder: &Path, name: &str) -> Result<ReadFile> {
    let path = folder.join(name);
    let about = || format!("cannot read {}, which {} sends", path.display(), folder.display());
    let size = std::fs::metadata(&path).with_context(about)?.len();
    if size > BYTES_MAX {
        bail!("{} has {size} bytes; at most {BYTES_MAX} are sent with an answer", path.display());
    }
    let content = std::fs::read(&path).with_context(about)?;
    Ok(ReadFile { name: name.to_owned(), media_type: media_type(name), content })
}

fn media_type(name: &str) -> &'static str {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    let known = MEDIA_TYPES.iter().find(|(known, _)| Some(*known) == ending.as_deref());
    known.map_or("application/octet-stream", |(_, media_type)| media_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_beside_the_application() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("support.toml");
        let text = "start = \"a\"\n[action.a]\ndo = \"wait for e-mail\"\nexit.mail = \"b\"\n\
                    [action.b]\ndo = \"compose reply\"\ntext = \"x\"\n\
                    attachments = [\"Terms.PDF\"]\nthen = \"c\"\n[action.c]\ndo = \"end\"\n";
        assert_eq!(read(text, &file).unwrap(), []);
        std::fs::write(folder.path().join("Terms.PDF"), "%PDF").unwrap();
        let expected = ReadFile {
            name: "Terms.PDF".to_owned(),
            media_type: "application/pdf",
            content: b"%PDF".to_vec(),
        };
        assert_eq!(read(text, &file).unwrap(), [expected]);
    }
}
