//! Tests of name satellites: rows are dated by the time of the read, and written only if the name has changed.

use std::collections::HashMap;

use dds::transform::{Vault, vault};
use orders::{Enriched, UtcMicros, keys};
use serde_json::json;
use uuid::Uuid;

use crate::{
    memory_database::MemoryDatabase,
    story::{closed, message, read},
};

/// An order whose product 1 has this name, read at this minute past one.
fn named(number: usize, name: &str, minute: u8) -> Enriched {
    let mut message = message(number, 0, &closed(&[1]));
    message["payload"]["products"][0]["name"] = json!(name);
    message["enriched_at"] = json!(format!("2026-03-02 13:{minute:02}:00"));
    read(&message)
}

fn candidates(batch: &[Enriched]) -> Vec<vault::Name<'_, 1>> {
    let Vault { names, .. } = MemoryDatabase::default().transform(batch).vault;
    names.products
}

fn texts<'o>(names: &[vault::Name<'o, 1>]) -> Vec<&'o str> {
    names.iter().map(|name| name.names[0]).collect()
}

#[test]
fn candidates_are_sorted_by_read_time_and_have_distinct_times() {
    let batch = [named(0, "Б", 2), named(2, "А", 1), named(4, "Б", 3), named(6, "А", 4), named(8, "В", 4)];
    assert_eq!(texts(&candidates(&batch)), ["А", "Б", "Б", "А"]);
}

#[test]
fn only_a_later_and_different_name_is_a_change() {
    let batch = [named(0, "А", 5)];
    let latest = candidates(&batch);
    let known: HashMap<Uuid, (UtcMicros, Uuid)> =
        latest.iter().map(|name| (name.parent, (name.load_dt, name.hashdiff))).collect();
    for (name, minute, is_news) in
        [("А", 9, false), ("Б", 4, false), ("Б", 5, false), ("Б", 6, true), ("а", 6, true), ("А ", 6, true)]
    {
        let batch = [named(2, name, minute)];
        let changed = vault::changed(candidates(&batch), &known);
        assert_eq!(!changed.is_empty(), is_news, "{name} {minute}");
    }
    let batch = [named(2, "А", 1)];
    assert_eq!(texts(&vault::changed(candidates(&batch), &HashMap::new())), ["А"]);
}

#[test]
fn a_repeated_name_is_a_change_after_another_name() {
    let batch = [named(0, "Б", 2)];
    let between = candidates(&batch);
    let known = between.iter().map(|name| (name.parent, (name.load_dt, name.hashdiff))).collect();
    let batch = [named(2, "А", 1), named(4, "А", 3)];
    let changed = vault::changed(candidates(&batch), &known);
    assert!(changed.iter().any(|name| name.load_dt > between[0].load_dt), "{changed:?}");
}

#[test]
fn a_counter_has_the_name_that_was_read_last() {
    let batch = [named(0, "А", 2), named(2, "Б", 3), named(4, "В", 1)];
    let deltas = MemoryDatabase::default().transform(&batch).deltas;
    let delta = &deltas.products[&(keys::user("user 0"), keys::product("product 1"))];
    assert_eq!(delta.name.map(|(_, name)| name), Some("Б"));
    assert_eq!(delta.count, 3);
}
