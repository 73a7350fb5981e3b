//! One text per JSON value, whatever order its keys and whatever form its numbers came in.

use std::io::Write as _;

use serde_json::Value;
use sha1::{Digest as _, Sha1};

use crate::decimal::Decimal;

/// SHA-1 of the canonical text, in lower-case hexadecimal.
#[must_use]
pub fn digest(value: &Value) -> String {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let mut text = Vec::with_capacity(2048);
    write_canonical(value, &mut text);
    let halves = |byte: u8| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
    Sha1::digest(&text).into_iter().flat_map(halves).collect()
}

/// Writes `value` with sorted keys, normalised decimals and no spaces. Recursion is bounded by the parser's own depth
/// limit of 128.
fn write_canonical(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Number(number) => {
            let _ = write!(out, "{}", Decimal::read(number.as_str()));
        }
        Value::Array(items) => {
            out.push(b'[');
            for item in items {
                write_canonical(item, out);
                out.push(b',');
            }
            out.push(b']');
        }
        Value::Object(fields) => {
            // serde_json keeps keys in a BTreeMap: sorted.
            out.push(b'{');
            for (key, field) in fields {
                let _ = serde_json::to_writer(&mut *out, key);
                out.push(b':');
                write_canonical(field, out);
                out.push(b',');
            }
            out.push(b'}');
        }
        Value::Null | Value::Bool(_) | Value::String(_) => {
            let _ = serde_json::to_writer(&mut *out, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: &str) -> String {
        digest(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn spelling_does_not_matter() {
        assert_eq!(of(r#"{"a": 1.50, "b": ["x", null]}"#), of(r#"{ "b":["\u0078",null],"a":15e-1 }"#));
    }

    #[test]
    fn content_matters() {
        assert_ne!(of(r#"{"a":1}"#), of(r#"{"a":"1"}"#));
        assert_ne!(of("[[1],2]"), of("[1,[2]]"));
        assert_ne!(of("[12]"), of("[1,2]"));
        assert_ne!(of(r#"{"a":1}"#), of(r#"{"a":1,"unknown":null}"#));
    }
}
