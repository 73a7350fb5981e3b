//! Advisory locks of PostgreSQL: `sql/README.md` lists every number in use, and none has two purposes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use crate::repository::{files, root};

/// All numbers begin with these digits, so that no other program takes the same by accident.
const FIRST_DIGITS: &str = "7224647";

/// The digits that all numbers have together.
const DIGITS: usize = 10;

/// The lock numbers in a text, which Rust may write with underscores.
fn numbers(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    let plain = words.map(|word| word.replace('_', ""));
    plain.filter(|word| word.len() == DIGITS && word.starts_with(FIRST_DIGITS))
}

/// The table: by number, the files that contain it. A row may have several numbers; files name the first of them.
fn listed() -> BTreeMap<String, BTreeSet<String>> {
    let text = fs::read_to_string(root().join("sql/README.md")).unwrap();
    let mut listed = BTreeMap::new();
    let rows = text.lines().skip_while(|line| !line.starts_with("| number |")).skip(2);
    for row in rows.take_while(|line| line.starts_with('|')) {
        let files: BTreeSet<String> =
            row.split('`').skip(1).step_by(2).filter(|span| span.contains('/')).map(str::to_owned).collect();
        let mut files = Some(files);
        for number in numbers(row) {
            let taken = listed.insert(number.clone(), files.take().unwrap_or_default());
            assert!(taken.is_none(), "{number} is in two rows of the table");
        }
    }
    listed
}

#[test]
fn every_advisory_lock_is_listed_with_the_files_that_use_it() {
    let mut listed = listed();
    let mut used: BTreeMap<String, BTreeSet<String>> =
        listed.keys().cloned().map(|key| (key, BTreeSet::new())).collect();
    for path in files(".sql").into_iter().chain(files(".rs")) {
        let text = fs::read_to_string(&path).unwrap();
        let file = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
        for number in numbers(&text) {
            used.entry(number).or_default().insert(file.clone());
        }
    }
    assert!(used.len() >= 5, "{used:?}");
    // A range is named by its first number.
    listed.retain(|number, files| !files.is_empty() || !used[number].is_empty());
    used.retain(|_, files| !files.is_empty());
    assert_eq!(used, listed, "left: in the code, right: in the table of sql/README.md");
}

#[test]
fn every_lock_number_is_in_the_table() {
    for path in files(".sql") {
        let text = fs::read_to_string(&path).unwrap();
        let takes_lock = text.contains("advisory_xact_lock(") || text.contains("advisory_lock(");
        assert!(!takes_lock || numbers(&text).next().is_some(), "{} locks another number", path.display());
    }
    for path in files(".rs").into_iter().filter(|path| path.to_string_lossy().contains("/src/")) {
        let text = fs::read_to_string(&path).unwrap();
        let has_history = text.contains("Migrations::new(");
        assert!(!has_history || numbers(&text).next().is_some(), "{} locks another number", path.display());
    }
}
