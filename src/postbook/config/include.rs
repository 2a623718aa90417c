//! The files that a pattern such as `directory/*.toml` names.

use std::fs;
use std::path::{Path, PathBuf};

/// The files a pattern names, in the order of their names; `*` stands for any part of a name, and
/// not for the dot it begins with. The error says what is wrong with the pattern.
pub(super) fn files(folder: &Path, pattern: &str) -> Result<Vec<PathBuf>, String> {
    let path = folder.join(pattern);
    let name = path.file_name().and_then(|name| name.to_str());
    let Some(name) = name else {
        return Err(format!("`{pattern}` names no file; give one such as `directory/*.toml`"));
    };
    let parent = folder_of(&path);
    if parent.to_string_lossy().contains('*') {
        return Err(format!("`{pattern}`: a `*` may stand in the name of a file, not of a folder"));
    }
    if !name.contains('*') {
        return Ok(vec![path]);
    }
    let failed = |error| format!("cannot read the folder {}: {error}", parent.display());
    let mut found = Vec::new();
    for entry in fs::read_dir(parent).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let is_meant = entry.file_name().to_str().is_some_and(|entry| matches(name, entry));
        if is_meant && entry.path().is_file() {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

/// The folder a file lies in, such that it can be looked into: `.` where its path names none.
pub(crate) fn folder_of(file: &Path) -> &Path {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

fn matches(pattern: &str, name: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut left) = name.strip_prefix(start) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let end = parts.pop().unwrap_or_default();
    for part in parts {
        let Some(at) = left.find(part) else { return false };
        left = left.get(at + part.len()..).unwrap_or_default();
    }
    left.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_part_of_a_name() {
        for (pattern, name, expected) in [
            ("*", "queues.toml", true),
            ("*", ".queues.toml", false),
            (".*", ".queues.toml", true),
            ("*.toml", "queues.toml", true),
            ("*.toml", "queues.toml~", false),
            ("*.toml", ".toml", false),
            ("team-*.toml", "team-paris.toml", true),
            ("team-*.toml", "teams.toml", false),
            ("a*b*c", "abc", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "acb", false),
            ("a*a", "a", false),
            ("a*ab*b", "aab", false),
            ("queues.toml", "queues.toml", true),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn files_are_found_in_the_order_of_their_names() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.toml", "a.toml", "c.txt", ".d.toml"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        fs::create_dir(folder.path().join("e.toml")).unwrap();
        let found = files(folder.path(), "*.toml").unwrap();
        assert_eq!(found, ["a.toml", "b.toml"].map(|name| folder.path().join(name)));
        // Whoever names one file means it, whether it is there or not.
        assert_eq!(files(folder.path(), "x.toml").unwrap(), [folder.path().join("x.toml")]);
        // Without a folder that is the one the program was started in: the sources of this package.
        let found = files(Path::new(""), "Cargo.*").unwrap();
        assert_eq!(found, [Path::new("./Cargo.toml")]);
        for (pattern, expected) in [
            ("gone/*.toml", "cannot read the folder"),
            ("*/a.toml", "not of a folder"),
            ("..", "names no file"),
        ] {
            let error = files(folder.path(), pattern).unwrap_err();
            assert!(error.contains(expected), "{pattern}: {error}");
        }
    }
}
