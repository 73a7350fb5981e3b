//! Canonical JSON: one text per value, regardless of the order of its keys and the form of its numbers.

use std::io::Write as _;

use sha1::{Digest as _, Sha1};

use crate::{decimal::Decimal, parsing::json::Node};

/// SHA-1 of the canonical text of a JSON text, in lower-case hexadecimal.
///
/// # Errors
/// The text is not JSON.
pub fn digest(json: &str) -> Result<String, serde_json::Error> {
    Ok(digest_of(&serde_json::from_str(json)?))
}

/// The same for a parsed value.
pub(crate) fn digest_of(value: &Node<'_>) -> String {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let mut text = Vec::with_capacity(2048);
    write_canonical(value, &mut text);
    let halves = |byte: u8| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
    Sha1::digest(&text).into_iter().flat_map(halves).collect()
}

/// Writes `value` with sorted keys, normalized decimals and no spaces. The parser's maximum depth of 128 limits the
/// recursion.
fn write_canonical(value: &Node<'_>, out: &mut Vec<u8>) {
    match value {
        Node::Null => out.extend_from_slice(b"null"),
        Node::Bool(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
        Node::Number(number) => {
            let _ = write!(out, "{}", Decimal::read(number));
        }
        Node::Text(text) => write_text(text, out),
        Node::List(items) => {
            out.push(b'[');
            for item in items {
                write_canonical(item, out);
                out.push(b',');
            }
            out.push(b']');
        }
        Node::Object(fields) => {
            out.push(b'{');
            for (key, field) in fields.iter() {
                write_text(key, out);
                out.push(b':');
                write_canonical(field, out);
                out.push(b',');
            }
            out.push(b'}');
        }
    }
}

/// Writing to a vector never fails.
fn write_text(text: &str, out: &mut Vec<u8>) {
    let _ = serde_json::to_writer(out, text);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: &str) -> String {
        digest(json).unwrap()
    }

    #[test]
    fn equal_values_have_one_canonical_text() {
        assert_eq!(of(r#"{"a": 1.50, "b": ["x", null]}"#), of(r#"{ "b":["\u0078",null],"a":15e-1 }"#));
    }

    #[test]
    fn different_values_have_different_canonical_texts() {
        assert_ne!(of(r#"{"a":1}"#), of(r#"{"a":"1"}"#));
        assert_ne!(of("[[1],2]"), of("[1,[2]]"));
        assert_ne!(of("[12]"), of("[1,2]"));
        assert_ne!(of(r#"{"a":1}"#), of(r#"{"a":1,"unknown":null}"#));
    }
}
