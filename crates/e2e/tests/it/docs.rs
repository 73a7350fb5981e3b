//! What the documents point to is there, and every source file says what lives in it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// All files of the repository with this ending, without what is built or hidden.
fn files(ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && name != "target" && !name.starts_with('.') {
                folders.push(path);
            } else if name.ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Targets of links, `[text](target)`, that are no addresses.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
    targets.filter(|target| !target.is_empty() && !target.contains("://"))
}

/// Paths from the root in code spans: `crates/…`, `sql/…`, `deploy/…`, `helm/…`.
fn paths(text: &str) -> impl Iterator<Item = &str> {
    let is_path = |span: &&str| ["crates/", "sql/", "deploy/", "helm/"].iter().any(|folder| span.starts_with(folder));
    text.split('`').skip(1).step_by(2).filter(is_path).filter(|span| !span.contains(['*', ' ', '<', '{']))
}

#[test]
fn every_path_in_the_documents_exists() {
    let documents = files(".md");
    assert!(documents.len() >= 3, "{documents:?}");
    let mut seen = 0;
    for document in documents {
        let text = fs::read_to_string(&document).unwrap();
        let folder = document.parent().unwrap();
        let named = links(&text).map(|link| folder.join(link)).chain(paths(&text).map(|path| root().join(path)));
        for path in named {
            assert!(path.exists(), "{} names {}, which is not there", document.display(), path.display());
            seen += 1;
        }
    }
    assert!(seen > 30, "only {seen} paths were found: has the form of the documents changed?");
}

#[test]
fn every_source_file_is_short_and_opens_with_a_sentence() {
    let sources = files(".rs");
    assert!(sources.len() > 100);
    for source in sources {
        let text = fs::read_to_string(&source).unwrap();
        assert!(text.starts_with("//! "), "{} does not say what lives there", source.display());
        assert!(text.lines().count() <= 400, "{} is longer than 400 lines", source.display());
    }
}
