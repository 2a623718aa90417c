//! The table of hard mail names tests that exist.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All of our sources in one text.
fn sources(folder: &Path, text: &mut String) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sources(&path, text)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&fs::read_to_string(&path).with_context(|| path.display().to_string())?);
        }
    }
    Ok(())
}

#[test]
fn every_test_in_the_table_of_cases_exists() -> Result<()> {
    let table = fs::read_to_string(root().join("docs/CASES.md"))?;
    let mut code = String::new();
    for folder in ["src", "tests"] {
        sources(&root().join(folder), &mut code)?;
    }
    let rows = table.lines().filter(|line| line.starts_with("| ") && line.contains('`'));
    let names: Vec<&str> = rows.flat_map(|row| row.split('`').skip(1).step_by(2)).collect();
    assert!(names.len() > 50, "{names:?}");
    for name in names {
        let exists = if name.starts_with(|c: char| c.is_ascii_digit()) {
            root().join(format!("src/mail/fixtures/{name}.eml")).exists()
        } else {
            code.contains(&format!("fn {name}("))
        };
        assert!(exists, "{name}");
    }
    let begins_with_digit = |rest: &&str| rest.starts_with(|c: char| c.is_ascii_digit());
    for case in code.split("fn case_").filter(begins_with_digit) {
        let case = case.split('(').next().unwrap_or_default();
        assert!(table.contains(&format!("`case_{case}`")), "case_{case} is not in docs/CASES.md");
    }
    Ok(())
}
