//! The examples in `docs`: nothing is remarked on, and their pictures are what the program draws.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{Application, Graph, Surroundings};

/// Each application whose picture is shown: its file and the picture's, in `docs`.
const SHOWN: [(&str, &str); 2] =
    [("small.toml", "small.svg"), ("example/applications/support.toml", "example/support.svg")];

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

/// With `POSTBOOK_PICTURE=write` in the environment the pictures are written.
#[test]
fn every_picture_is_the_one_of_its_application() {
    for (file, picture) in SHOWN {
        let text = fs::read_to_string(docs().join(file)).unwrap();
        let drawn = Graph::new(&Application::parse(&text).unwrap(), None).svg();
        let path = docs().join(picture);
        if std::env::var("POSTBOOK_PICTURE").is_ok_and(|wish| wish == "write") {
            fs::write(&path, &drawn).unwrap();
        }
        let shown = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            shown == drawn,
            "docs/{picture} is not docs/{file}: run \
             `POSTBOOK_PICTURE=write cargo test -p postbook-application every_picture`"
        );
    }
}

/// What they name is there, as a test of the configuration shows.
#[test]
fn nothing_is_remarked_on_in_an_example() {
    let folder = fs::read_dir(docs().join("example/applications")).unwrap();
    let mut files: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    assert_eq!(files.len(), 4);
    files.push(docs().join("small.toml"));
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let problems = Application::check(&text, &Surroundings::default());
        assert!(problems.is_empty(), "{}: {problems:#?}", file.display());
    }
}

#[test]
fn the_readme_shows_the_small_application_as_it_is() {
    let small = fs::read_to_string(docs().join("small.toml")).unwrap();
    let readme = fs::read_to_string(docs().join("../README.md")).unwrap();
    assert!(
        readme.contains(&format!("```toml\n{small}```")),
        "README.md shows another docs/small.toml"
    );
}
