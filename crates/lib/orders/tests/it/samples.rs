//! One good message of each kind, and ways to change it.

use orders::{Malformed, Unusable};
use serde_json::Value;

/// An event as in the contract.
pub(crate) fn event() -> Value {
    parse(include_str!("../fixtures/events/from_the_contract.json"))
}

/// An enriched order as STG writes it.
pub(crate) fn enriched() -> Value {
    parse(include_str!("../fixtures/enriched/from_stg.json"))
}

/// Counters as DDS writes them.
pub(crate) fn counters() -> Value {
    parse(include_str!("../fixtures/counters/from_dds.json"))
}

/// JSON parsed from its text, so that a table can contain numbers that no float can represent.
pub(crate) fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The document with `value` at `pointer`, which may be a new field of an object.
pub(crate) fn with(mut document: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = document.pointer_mut(parent).unwrap();
    match parent {
        Value::Array(items) => items[name.parse::<usize>().unwrap()] = value,
        fields => fields[name] = value,
    }
    document
}

/// The document without the field at `pointer`.
pub(crate) fn without(mut document: Value, pointer: &str) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let fields = document.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    assert!(fields.remove(name).is_some(), "{pointer}");
    document
}

/// The result of each reader for a document, without the value: none, or why it is unusable.
pub(crate) type Reader = fn(&str) -> Result<(), Unusable>;

pub(crate) fn read_event(text: &str) -> Result<(), Unusable> {
    orders::event::read(Some(text.as_bytes()), None).map(drop)
}

pub(crate) fn read_enriched(text: &str) -> Result<(), Unusable> {
    orders::enriched::read(Some(text.as_bytes()), None).map(drop)
}

pub(crate) fn read_counters(text: &str) -> Result<(), Unusable> {
    orders::counters::read(Some(text.as_bytes()), None).map(drop)
}

/// The reason and the error of a rejection.
pub(crate) fn rejection<T: std::fmt::Debug>(read: Result<T, Unusable>) -> (&'static str, String) {
    match read {
        Err(Unusable::Malformed(Malformed { reason, error })) => (reason, error),
        other => panic!("not rejected: {other:?}"),
    }
}
