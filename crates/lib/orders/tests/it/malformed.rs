//! Malformed input, row by row: the reason of its dead letter, and the field in the error.

use serde_json::{Value, json};

use crate::samples::{self, Reader, parse, read_counters, read_enriched, read_event, rejection, with, without};

mod documents;
mod events;
mod enriched;
mod counters;

/// A field of a message, and a value of a wrong type.
type Field = (&'static str, &'static str);

/// A field, a value for it, and the reason of the rejection.
type Row = (&'static str, &'static str, &'static str);

/// All of the fields are required and have a type.
fn check_required(sample: &Value, read: Reader, fields: &[Field]) {
    for (pointer, wrong) in fields {
        for (document, expected) in [
            (without(sample.clone(), pointer), "missing-field"),
            (with(sample.clone(), pointer, Value::Null), "missing-field"),
            (with(sample.clone(), pointer, parse(wrong)), "wrong-type"),
        ] {
            check_refused(read, pointer, &document.to_string(), expected);
        }
    }
}

/// All of the fields may be absent or null. Otherwise they must have their type.
fn check_optional(sample: &Value, read: Reader, fields: &[Field]) {
    for (pointer, wrong) in fields {
        assert_eq!(read(&with(sample.clone(), pointer, Value::Null).to_string()), Ok(()), "{pointer} null");
        assert_eq!(read(&without(sample.clone(), pointer).to_string()), Ok(()), "{pointer} absent");
        check_refused(read, pointer, &with(sample.clone(), pointer, parse(wrong)).to_string(), "wrong-type");
    }
}

/// Every row is rejected.
fn check_rows(sample: &Value, read: Reader, rows: &[Row]) {
    for (pointer, value, expected) in rows {
        check_refused(read, pointer, &with(sample.clone(), pointer, parse(value)).to_string(), expected);
    }
}

fn check_refused(read: Reader, pointer: &str, text: &str, expected: &str) {
    let (reason, error) = rejection(read(text));
    assert_eq!(reason, expected, "{pointer}: {error}");
    assert!(error.starts_with(&path(pointer)), "{pointer}: `{error}` does not name the field");
}

/// `/payload/order_items/0/id` in the form of errors: `payload.order_items[0].id`.
fn path(pointer: &str) -> String {
    let parts = pointer.split('/').skip(1).map(|part| match part.parse::<usize>() {
        Ok(at) => format!("[{at}]"),
        // An arbitrary key is numbered, because it may have any length.
        Err(_) if part.len() >= 24 => "[0]".to_owned(),
        Err(_) => format!(".{part}"),
    });
    parts.collect::<String>().trim_start_matches('.').to_owned()
}

/// A text that is one character too long for an id.
fn too_long() -> Value {
    json!("ё".repeat(256))
}
