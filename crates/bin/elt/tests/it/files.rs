//! Job files for tests: one that is right, and the same with some keys changed.

use std::fs;

use elt::{Job, job::Problem};

/// The texts of a job file that is right.
const RIGHT: [(&str, &str); 6] = [
    ("CREATE_TABLE_SQL", "CREATE TABLE IF NOT EXISTS t (a int PRIMARY KEY, b text)"),
    ("SELECT_SOURCE_SQL", "SELECT a, b FROM t WHERE c > %s"),
    ("UPSERT_TARGET_SQL", "INSERT INTO t (a, b) VALUES (%s, %s) ON CONFLICT (a) DO UPDATE SET b = EXCLUDED.b"),
    ("SELECT_KEYS_SQL", "SELECT a FROM t"),
    ("TARGET_TABLE", "t"),
    ("KEY_COLUMNS", "a"),
];

/// The right file with keys set to other texts, or added. Each text is a block that begins two lines below the key before.
pub(crate) fn with(changes: &[(&str, &str)]) -> Result<Job, Vec<Problem>> {
    let changed = |key: &str| changes.iter().find(|(changed, _)| *changed == key).map(|(_, text)| *text);
    let known = RIGHT.iter().map(|(key, text)| (*key, changed(key).unwrap_or(text)));
    let added = changes.iter().filter(|(key, _)| RIGHT.iter().all(|(known, _)| known != key)).copied();
    let block = |(key, text): (&str, &str)| format!("{key}: |-2\n  {}\n", text.replace('\n', "\n  "));
    let yaml: String = known.chain(added).map(block).collect();
    Job::parse("jobs/t.yaml", yaml.as_bytes())
}

/// The job with one key changed.
pub(crate) fn job(key: &str, text: &str) -> Job {
    with(&[(key, text)]).unwrap_or_else(|problems| panic!("{text}: {}", shown(&problems)))
}

/// The problems of the file with one key changed.
pub(crate) fn problems(key: &str, text: &str) -> String {
    with(&[(key, text)]).map_or_else(|problems| shown(&problems), |_| panic!("{text}: no problem"))
}

/// Problems, one a line.
pub(crate) fn shown(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("{problem}\n")).collect()
}

/// The files of a folder beside this file, with their names.
pub(crate) fn folder(name: &str) -> Vec<(String, Vec<u8>)> {
    let path = format!("{}/tests/it/{name}", env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<_> = fs::read_dir(path)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}
