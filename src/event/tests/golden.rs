//! The bytes of every fact ever released can still be read.
//!
//! `golden/NN-Name.bin` holds the bytes of one sample each. A new fact gets a new file: run the
//! tests once with `POSTBOOK_GOLDEN=write`, look at `git status`, commit. A test that fails here
//! means that logs in the field could not be read any more: mend the code, never the file.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use crate::{Event, decode, encode, samples};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden")
}

fn bytes_of(event: &Event) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode(event, &mut bytes).unwrap();
    bytes
}

#[test]
fn golden_bytes_are_read_and_written_as_ever() {
    let mut names = BTreeSet::new();
    for (event, number) in samples::events().unwrap().iter().zip(1..) {
        let name = format!("{number:02}-{}.bin", event.fact.name());
        let path = folder().join(&name);
        if !path.exists() && std::env::var("POSTBOOK_GOLDEN").as_deref() == Ok("write") {
            fs::write(&path, bytes_of(event)).unwrap();
        }
        let golden = fs::read(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(&decode(&golden).unwrap(), event, "{name}");
        assert_eq!(bytes_of(event), golden, "{name}");
        names.insert(name);
    }
    let stored: BTreeSet<_> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(stored, names, "a released fact has no sample any more, or a sample no file");
}

#[test]
fn bytes_missing_or_left_over_are_errors() {
    for event in samples::events().unwrap() {
        let bytes = bytes_of(&event);
        for cut in 0..bytes.len() {
            assert!(decode(&bytes[..cut]).is_err(), "{} cut at {cut}", event.fact.name());
        }
        let mut longer = bytes.clone();
        longer.push(0);
        assert!(decode(&longer).is_err(), "{} with a byte too many", event.fact.name());
    }
}

/// No memory is taken by a length that damage has made.
#[test]
fn damaged_lengths_are_errors() {
    for event in samples::events().unwrap() {
        let bytes = bytes_of(&event);
        for at in 0..bytes.len() {
            let huge = [&bytes[..at], &[0xfd], &[0xff; 8], &bytes[at..]].concat();
            // What is read instead is another event, or an error.
            let _ = decode(&huge);
        }
    }
}

#[test]
fn there_is_a_sample_of_every_fact() {
    let read = |file| fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(file));
    let text = ["fact_name.rs", "steps.rs", "service.rs"].map(|file| read(file).unwrap()).concat();
    let sampled: BTreeSet<_> =
        samples::events().unwrap().iter().map(|event| event.fact.name()).collect();
    let count = text
        .lines()
        .filter(|line| line.trim().starts_with("Self::") && line.contains("=> \""))
        .count();
    assert_eq!(sampled.len(), count);
}
