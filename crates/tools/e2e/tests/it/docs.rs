//! Documents: linked files, linked headings, named paths and names in code exist, decisions are listed, source files have
//! a header.

use std::{fs, path::PathBuf};

use crate::repository::{files, root};

/// Targets of links, `[text](target)`, that are no addresses: the file, and the heading after `#`.
fn links(text: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let targets = targets.filter(|target| !target.is_empty() && !target.contains("://"));
    targets.map(|target| target.split_once('#').map_or((target, None), |(file, heading)| (file, Some(heading))))
}

/// Paths from the root in code spans: `crates/…`, `sql/…`, `docs/…`.
fn paths(text: &str) -> impl Iterator<Item = &str> {
    let folders = ["crates/", "dashboards/", "deploy/", "docs/", "helm/", "sql/"];
    let is_path = move |span: &&str| folders.iter().any(|folder| span.starts_with(folder));
    text.split('`').skip(1).step_by(2).filter(is_path).filter(|span| !span.contains(['*', ' ', '<', '{', '\n']))
}

/// The headings of a document as links name them: lower case, hyphens for blanks, other punctuation left out.
fn anchors(text: &str) -> Vec<String> {
    let headings = text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let letter = |letter: char| match letter {
        ' ' => Some('-'),
        letter if letter.is_alphanumeric() || matches!(letter, '-' | '_') => Some(letter),
        _ => None,
    };
    headings.map(|heading| heading.to_lowercase().chars().filter_map(letter).collect()).collect()
}

#[test]
fn every_path_in_the_documents_exists() {
    let documents = files(".md");
    for expected in ["CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "docs/decisions/README.md"] {
        assert!(documents.contains(&root().join(expected)), "{expected} is not among the documents");
    }
    let mut seen = 0;
    for document in documents {
        let text = fs::read_to_string(&document).unwrap();
        let folder = document.parent().unwrap();
        let files = links(&text).map(|(file, _)| folder.join(file));
        for path in files.chain(paths(&text).map(|path| root().join(path))) {
            assert!(path.exists(), "{} names {}, which is not there", document.display(), path.display());
            seen += 1;
        }
    }
    assert!(seen > 150, "only {seen} paths were found: has the form of the documents changed?");
}

#[test]
fn every_linked_heading_exists() {
    let mut seen = 0;
    for document in files(".md") {
        let text = fs::read_to_string(&document).unwrap();
        for (file, heading) in links(&text) {
            let Some(heading) = heading else { continue };
            let target = if file.is_empty() { document.clone() } else { document.parent().unwrap().join(file) };
            let there = anchors(&fs::read_to_string(&target).unwrap());
            let message = format!("{} links to {file}#{heading}, which is no heading", document.display());
            assert!(there.iter().any(|anchor| anchor == heading), "{message}; there are {there:?}");
            seen += 1;
        }
    }
    assert!(seen > 10, "only {seen} links to headings were found: has the form of the documents changed?");
}

/// Names with their files in a row of the map: `` `name` in [text](file) ``.
fn names_in_files(row: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    for (before, after) in row.match_indices("` in [").map(|(at, pattern)| (&row[..at], &row[at + pattern.len()..])) {
        let name = before.rsplit('`').next();
        let file = after.split_once("](").and_then(|(_, rest)| rest.split_once(')'));
        found.extend(name.zip(file.map(|(file, _)| file)));
    }
    found
}

/// Whether a file of Rust defines the name.
fn defines(text: &str, name: &str) -> bool {
    let kinds = ["fn", "struct", "enum", "trait", "const"];
    let defined = |kind: &str| {
        text.match_indices(&format!("{kind} {name}")).any(|(at, definition)| {
            let next = text[at + definition.len()..].chars().next();
            next.is_none_or(|letter| !letter.is_alphanumeric() && letter != '_')
        })
    };
    kinds.into_iter().any(defined)
}

#[test]
fn every_answer_of_the_map_names_a_file_and_what_to_search_for_in_it() {
    let folder = root().join("crates");
    let map = fs::read_to_string(folder.join("README.md")).unwrap();
    let rows = map.lines().skip_while(|line| !line.starts_with("| question | answer |")).skip(2);
    let rows: Vec<&str> = rows.take_while(|line| line.starts_with('|')).collect();
    assert!(rows.len() > 10, "{rows:?}");
    for row in rows {
        assert!(row.len() < 360, "longer than three lines: {row}");
        let names = names_in_files(row);
        assert!(!names.is_empty(), "names nothing to search for: {row}");
        for (name, file) in names {
            let text = fs::read_to_string(folder.join(file)).unwrap();
            assert!(defines(&text, name), "{file} does not define {name}");
        }
    }
}

#[test]
fn every_decision_is_listed_and_has_its_sections() {
    let folder = root().join("docs/decisions");
    let index = fs::read_to_string(folder.join("README.md")).unwrap();
    let records: Vec<PathBuf> = files(".md").into_iter().filter(|path| path.parent() == Some(&folder)).collect();
    assert!(records.len() > 20, "{records:?}");
    for record in records.iter().filter(|record| !record.ends_with("README.md")) {
        let name = record.file_name().unwrap().to_string_lossy();
        let text = fs::read_to_string(record).unwrap();
        let (title, date) = (text.lines().next().unwrap().trim_start_matches("# "), name.get(..10).unwrap());
        let row = format!("| {date} | [{title}]({name}) |");
        assert!(index.contains(&row), "docs/decisions/README.md lacks the row {row}");
        let sections: Vec<&str> = text.lines().filter(|line| line.starts_with("## ")).collect();
        assert_eq!(sections, ["## Context", "## Choice", "## What we gave up"], "{name}");
    }
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
