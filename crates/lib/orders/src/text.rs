//! Checks of the strings of a JSON text that a parser would hide or misread: U+0000 and reserved names. Also cutting of
//! strings.

use serde_json::Value;

use crate::Malformed;

/// The names under which the JSON library represents numbers and raw text in objects.
const RESERVED: &str = "$serde_json::private::";

/// Cuts `text` at its end until its JSON form is at least this many bytes shorter. At least one character remains.
/// Returns by how many bytes the JSON form is shorter.
pub(crate) fn shorten_json(text: &mut String, bytes: usize) -> usize {
    let (mut end, mut spared) = (text.len(), 0);
    for (at, character) in text.char_indices().skip(1).collect::<Vec<_>>().into_iter().rev() {
        if spared >= bytes {
            break;
        }
        // The JSON form of a character may be longer than the character. The quotation marks do not count.
        spared += Value::from(character.to_string()).to_string().len() - 2;
        end = at;
    }
    text.truncate(end);
    spared
}

/// Rejects U+0000 anywhere: JSON allows it, but PostgreSQL's text cannot store it. Searches the text and not the parsed
/// object, which has only the last value of a repeated key. In the text, backslashes occur only in strings.
pub(crate) fn check_nul(json: &[u8]) -> Result<(), Malformed> {
    // Most records have no backslash at all, and `contains` compares many bytes at a time.
    if !json.contains(&b'\\') {
        return Ok(());
    }
    let mut rest = json;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        rest = &rest[at + 1..];
        if rest.starts_with(b"u0000") {
            return Err(Malformed::new("bad-text", "a string contains U+0000, which PostgreSQL cannot store"));
        }
        rest = rest.get(1..).unwrap_or_default();
    }
    Ok(())
}

/// Rejects the reserved names in any spelling: an object with such a key is parsed as the number or the text of its
/// value, so it must not be processed.
pub(crate) fn check_reserved(json: &[u8]) -> Result<(), Malformed> {
    // Both checks run on every byte of every record, so the cheapest part of each comes first.
    let plain = json.contains(&b'$') && json.windows(RESERVED.len()).any(|part| part == RESERVED.as_bytes());
    let has_escapes = json.contains(&b'\\');
    // Every character of a reserved name is ASCII, which is escaped as `\u00..` only.
    let spelled_out = |literal: &&[u8]| literal.windows(4).any(|window| window == br"\u00");
    let names = |literal: &[u8]| serde_json::from_slice(literal).is_ok_and(|text: String| text.contains(RESERVED));
    if plain || has_escapes && literals(json).filter(spelled_out).any(names) {
        return Err(Malformed::new("bad-text", format!("a string contains the reserved word `{RESERVED}`")));
    }
    Ok(())
}

/// The string literals of a JSON text, with their quotation marks.
fn literals(json: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = json;
    std::iter::from_fn(move || {
        let start = rest.iter().position(|byte| *byte == b'"')?;
        let mut end = start + 1;
        while *rest.get(end)? != b'"' {
            end += if rest[end] == b'\\' { 2 } else { 1 };
        }
        let literal = &rest[start..=end];
        rest = &rest[end + 1..];
        Some(literal)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn string_literals_are_found_despite_escapes() {
        let found: Vec<_> = literals(br#"{"a\"b":["","\\"],"c":"}"}"#).collect();
        assert_eq!(found, [&br#""a\"b""#[..], b"\"\"", br#""\\""#, b"\"c\"", b"\"}\""]);
        assert_eq!(literals(br#"{"never closed"#).next(), None);
        assert_eq!(literals(br#""ends in a backslash\"#).next(), None);
    }

    #[test]
    fn an_escaped_reserved_name_is_found() {
        for json in [
            r#"{"$serde_json::private::Number": "5"}"#,
            r#"{"\u0024serde_json::private::Number": "5"}"#,
            r#"["x", {"$serde\u005fjson::private::RawValue": "{}"}]"#,
        ] {
            assert_eq!(check_reserved(json.as_bytes()).map_err(|error| error.reason), Err("bad-text"), "{json}");
        }
        assert_eq!(check_reserved(br#"{"\u0024serde_json": "\\u0024serde_json::private"}"#), Ok(()));
    }
}
