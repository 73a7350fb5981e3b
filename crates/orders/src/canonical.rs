//! One text per JSON value, whatever order its keys and whatever form its numbers came in.

use std::fmt::Write as _;

use serde_json::Value;
use sha1::{Digest as _, Sha1};

use crate::decimal::Decimal;

/// SHA-1 of the canonical text, in lower-case hexadecimal.
#[must_use]
pub fn digest(value: &Value) -> String {
    let mut text = String::new();
    write_canonical(value, &mut text);
    let mut hex = String::with_capacity(40);
    for byte in Sha1::digest(text.as_bytes()) {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

/// Writes `value` with sorted keys, normalised decimals and no spaces. Recursion is bounded by the parser's own depth
/// limit of 128.
fn write_canonical(value: &Value, out: &mut String) {
    match value {
        Value::Number(number) => {
            let _ = write!(out, "{}", Decimal::read(number.as_str()));
        }
        Value::Array(items) => {
            out.push('[');
            for item in items {
                write_canonical(item, out);
                out.push(',');
            }
            out.push(']');
        }
        Value::Object(fields) => {
            // serde_json keeps keys in a BTreeMap: sorted.
            out.push('{');
            for (key, field) in fields {
                let _ = write!(out, "{}:", Value::String(key.clone()));
                write_canonical(field, out);
                out.push(',');
            }
            out.push('}');
        }
        Value::Null | Value::Bool(_) | Value::String(_) => {
            let _ = write!(out, "{value}");
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
