//! Data files: the result of parsing each one equals its snapshot.

use std::{fmt::Debug, fs, path::Path};

/// The timestamp of the records in the files. It replaces absent versions of counters.
const WRITTEN_AT: Option<i64> = Some(1_773_057_704_000);

fn check<T: Debug>(kind: &str, read: impl Fn(&[u8]) -> T) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(kind);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        for file in files {
            let name = format!("{kind}__{}", file.file_stem().unwrap().display());
            insta::assert_debug_snapshot!(name, read(&fs::read(&file).unwrap()));
        }
    });
}

#[test]
fn events_are_parsed_as_in_the_snapshots() {
    check("events", |value| orders::event::read(Some(value), WRITTEN_AT).unwrap());
}

#[test]
fn enriched_orders_are_parsed_as_in_the_snapshots() {
    check("enriched", |value| orders::enriched::read(Some(value), WRITTEN_AT).unwrap());
}

#[test]
fn counters_are_parsed_as_in_the_snapshots() {
    check("counters", |value| orders::counters::read(Some(value), WRITTEN_AT).unwrap());
}

#[test]
fn stg_writes_the_snapshot() {
    let file = include_bytes!("../fixtures/enriched/from_stg.json");
    check_written("written__enriched", &orders::enriched::read(Some(file), WRITTEN_AT).unwrap().write().unwrap());
}

#[test]
fn dds_writes_the_snapshot() {
    let file = include_bytes!("../fixtures/counters/from_dds.json");
    check_written("written__counters", &orders::counters::read(Some(file), WRITTEN_AT).unwrap().write());
}

fn check_written(name: &str, text: &str) {
    let message: serde_json::Value = serde_json::from_str(text).unwrap();
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, serde_json::to_string_pretty(&message).unwrap());
    });
}
