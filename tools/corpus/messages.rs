//! The mails of a folder: single files, mbox files, and Maildirs.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use bytes::Bytes;

/// One mail of the folder.
pub(crate) struct Message {
    /// Its path below the folder; within an mbox file its number, too.
    pub(crate) name: String,
    /// The mail as it lies there.
    pub(crate) raw: Bytes,
}

/// What a file holds.
enum Kind {
    Mail,
    Mbox,
}

/// All mails of a folder and of the folders in it, in the order of their names. Links are not
/// followed.
pub(crate) fn messages(folder: &Path) -> Result<Vec<Message>> {
    let mut found = Vec::new();
    for (path, kind) in files(folder)? {
        let raw = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let name = path.strip_prefix(folder).unwrap_or(&path).display().to_string();
        match kind {
            Kind::Mail => found.push(Message { name, raw: raw.into() }),
            Kind::Mbox => found.extend((1..).zip(split(&raw)).map(|(number, raw)| Message {
                name: format!("{name}:{number}"),
                raw: raw.into(),
            })),
        }
    }
    Ok(found)
}

fn files(folder: &Path) -> Result<Vec<(PathBuf, Kind)>> {
    let (mut folders, mut found) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        let context = || format!("cannot list {}", folder.display());
        for entry in fs::read_dir(&folder).with_context(context)? {
            let entry = entry.with_context(context)?;
            let (path, file_type) = (entry.path(), entry.file_type().with_context(context)?);
            if file_type.is_dir() {
                folders.push(path);
            } else if file_type.is_file()
                && let Some(kind) = kind(&path)
            {
                found.push((path, kind));
            }
        }
    }
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(found)
}

fn kind(path: &Path) -> Option<Kind> {
    let parent = path.parent().and_then(Path::file_name);
    match path.extension().and_then(OsStr::to_str) {
        Some("eml") => Some(Kind::Mail),
        Some("mbox") => Some(Kind::Mbox),
        Some(_) | None => {
            parent.is_some_and(|name| name == "cur" || name == "new").then_some(Kind::Mail)
        }
    }
}

/// The mails of an mbox file (RFC 4155): each begins with a `From ` line after a blank one, which
/// is left out, and one `>` less stands before quoted ones.
fn split(mbox: &[u8]) -> Vec<Vec<u8>> {
    let mut mails: Vec<Vec<u8>> = Vec::new();
    let mut after_blank = true;
    for line in mbox.split_inclusive(|&byte| byte == b'\n') {
        let begins = after_blank && line.starts_with(b"From ");
        after_blank = matches!(line, b"\n" | b"\r\n");
        if begins || mails.is_empty() {
            mails.push(Vec::new());
        }
        if let Some(mail) = mails.last_mut().filter(|_| !begins) {
            let quotes = line.iter().take_while(|&&byte| byte == b'>').count();
            let is_quoted = quotes > 0 && line.iter().skip(quotes).take(5).eq(b"From ");
            mail.extend(line.iter().skip(usize::from(is_quoted)));
        }
    }
    mails
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_mbox_file_is_split_where_a_mail_begins() {
        let mbox = b"From a Mon\nSubject: 1\n\n>From here\nFrom there\n\nFrom b Tue\nSubject: 2\n\n>>From\n";
        let mails = split(mbox);
        assert_eq!(mails.len(), 2);
        assert_eq!(mails[0], b"Subject: 1\n\nFrom here\nFrom there\n\n");
        assert_eq!(mails[1], b"Subject: 2\n\n>>From\n");
    }

    #[test]
    fn mails_are_found_in_every_layout() {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in [
            ("one.eml", "Subject: 1\n\n"),
            ("one.expected", "no mail"),
            ("deep/er/two.eml", "Subject: 2\n\n"),
            ("box/cur/3:2,S", "Subject: 3\n\n"),
            ("box/new/4.host", "Subject: 4\n\n"),
            ("box/tmp/5", "Subject: 5\n\n"),
            ("old.mbox", "From a\nSubject: 6\n\nFrom b\nSubject: 7\n\n"),
        ] {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let found = messages(folder.path()).unwrap();
        let names: Vec<&str> = found.iter().map(|message| message.name.as_str()).collect();
        let expected = [
            "box/cur/3:2,S",
            "box/new/4.host",
            "deep/er/two.eml",
            "old.mbox:1",
            "old.mbox:2",
            "one.eml",
        ];
        assert_eq!(names, expected);
    }
}
