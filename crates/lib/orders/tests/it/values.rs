//! Random JSON values and texts.

use proptest::{collection::vec, prelude::*};
use serde_json::{Map, Number, Value};

/// Any JSON value, including numbers that no float can represent, and with the field names of the messages among its
/// keys.
pub(crate) fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        number().prop_map(Value::Number),
        ".{0,8}".prop_map(Value::String),
        moment().prop_map(Value::String),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::Array),
            vec((key(), inner), 0..6).prop_map(|fields| Value::Object(Map::from_iter(fields))),
        ]
    })
}

/// A JSON number in any notation.
pub(crate) fn number() -> impl Strategy<Value = Number> {
    "-?(0|[1-9][0-9]{0,25})(\\.[0-9]{1,25})?([eE][+-]?[0-9]{1,22})?".prop_map(|text| text.parse().unwrap())
}

/// A point in time near others, so that equal ones occur.
pub(crate) fn moment() -> impl Strategy<Value = String> {
    (0..3, 0..3, prop_oneof![Just(""), Just(".000001"), Just("Z"), Just("+01:00")])
        .prop_map(|(hour, minute, tail)| format!("2026-03-02 0{hour}:0{minute}:00{tail}"))
}

/// A text that may be an id: 1 to 255 characters without U+0000.
pub(crate) fn id() -> impl Strategy<Value = String> {
    prop_oneof!["[0-9a-f]{24}", "[^\u{0}]{1,255}"]
}

/// A text that may be a name.
pub(crate) fn name() -> impl Strategy<Value = String> {
    "[^\u{0}]{1,40}"
}

const OUR_KEYS: &[&str] =
    &["object_id", "object_type", "payload", "user", "id", "name", "products", "order_cnt", "version"];

fn key() -> impl Strategy<Value = String> {
    prop_oneof![proptest::sample::select(OUR_KEYS).prop_map(str::to_owned), ".{0,4}"]
}
