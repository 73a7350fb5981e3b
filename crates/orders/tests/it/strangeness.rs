//! Nothing is too strange to be answered: no input panics, and what is accepted can be stored and read back.

use orders::{counters, enriched, event};
use proptest::{prelude::*, sample::select};
use serde_json::Value;

use crate::{
    samples::{self, with},
    values::json,
};

/// Every place in a document.
fn pointers(document: &Value, at: &str, all: &mut Vec<String>) {
    match document {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| visit(name, value, at, all)),
        Value::Array(items) => items.iter().enumerate().for_each(|(i, value)| visit(&i.to_string(), value, at, all)),
        _ => {}
    }
}

fn visit(name: &str, value: &Value, at: &str, all: &mut Vec<String>) {
    let here = format!("{at}/{name}");
    pointers(value, &here, all);
    all.push(here);
}

/// A good message with one value exchanged for any other.
fn spoilt(sample: Value) -> impl Strategy<Value = String> {
    let mut places = Vec::new();
    pointers(&sample, "", &mut places);
    (select(places), json()).prop_map(move |(place, value)| with(sample.clone(), &place, value).to_string())
}

proptest! {
    #[test]
    fn any_bytes(value: Vec<u8>, written_at: Option<i64>) {
        let _ = event::read(Some(&value), written_at);
        let _ = enriched::read(Some(&value), written_at);
        let _ = counters::read(Some(&value), written_at);
    }

    #[test]
    fn any_json(value in json(), written_at: Option<i64>) {
        let text = value.to_string();
        let _ = event::read(Some(text.as_bytes()), written_at);
        let _ = enriched::read(Some(text.as_bytes()), written_at);
        let _ = counters::read(Some(text.as_bytes()), written_at);
    }

    #[test]
    fn an_event_that_is_read_can_be_restored_from_what_is_stored(text in spoilt(samples::event())) {
        if let Ok(event) = event::read(Some(text.as_bytes()), None) {
            let stored = event.clone();
            let restored = event::restore(stored.object_id, stored.sent_at, stored.payload, stored.version);
            prop_assert_eq!(restored, Ok(event));
        }
    }

    #[test]
    fn an_enriched_order_that_is_read_can_be_written(text in spoilt(samples::enriched())) {
        if let Ok(order) = enriched::read(Some(text.as_bytes()), None) {
            let written = order.write().unwrap();
            prop_assert_eq!(enriched::read(Some(written.as_bytes()), None), Ok(order));
        }
    }

    #[test]
    fn counters_that_are_read_can_be_written(text in spoilt(samples::counters())) {
        if let Ok(read) = counters::read(Some(text.as_bytes()), None) {
            let written = read.write();
            prop_assert_eq!(counters::read(Some(written.as_bytes()), None), Ok(read));
        }
    }
}
