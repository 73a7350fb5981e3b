//! The canonical digest depends on the values of a payload, not on their notation.

use orders::canonical::digest;
use proptest::prelude::*;
use serde_json::{Number, Value};

use crate::values::json;

/// The value written with the keys of every object rotated by `turn` places, with spaces, and with numbers in another
/// form.
fn scramble(value: &Value, turn: usize) -> String {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            let count = fields.len().max(1);
            fields.rotate_left(turn % count);
            let fields = fields
                .into_iter()
                .map(|(key, field)| format!(" {} :\n{} ", Value::from(key.as_str()), scramble(field, turn)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
        }
        Value::Array(items) => {
            format!("[ {}]", items.iter().map(|item| scramble(item, turn)).collect::<Vec<_>>().join("\t,"))
        }
        Value::Number(number) => respell(number),
        other => other.to_string(),
    }
}

/// `1.5` as `1.50e0`: one more zero after a fraction, otherwise an exponent.
fn respell(number: &Number) -> String {
    let text = number.as_str();
    match text.split_once(['e', 'E']) {
        Some(_) => text.replace('E', "e"),
        None if text.contains('.') => format!("{text}0"),
        None => format!("{text}.0E+0"),
    }
}

proptest! {
    #[test]
    fn notation_does_not_change_the_digest(value in json(), turn in 0..6_usize) {
        let scrambled = scramble(&value, turn);
        prop_assert_eq!(digest(&scrambled).unwrap(), digest(&value.to_string()).unwrap(), "{}", scrambled);
    }

    #[test]
    fn an_unknown_field_changes_the_digest(value in json(), field in json()) {
        let with = |fields: Vec<(&str, &Value)>| {
            let object = fields.into_iter().map(|(key, value)| (key.to_owned(), value.clone())).collect::<Value>();
            digest(&object.to_string()).unwrap()
        };
        prop_assert_ne!(with(vec![("a", &value)]), with(vec![("a", &value), ("unknown", &field)]));
    }
}
