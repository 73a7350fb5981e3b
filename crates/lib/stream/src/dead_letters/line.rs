//! A dead letter as a line of JSON. It contains the record itself, which can name people.

use kafka::ParsedDeadLetter;
use serde::Serialize;

use super::replayed::{Returned, place};

/// The fields of the line.
#[derive(Debug, Serialize)]
pub(crate) struct Line<'a> {
    partition: i32,
    offset: i64,
    reason: &'a str,
    error: &'a str,
    service: &'a str,
    failed_at: Option<String>,
    source: Source<'a>,
    key: Option<Bytes<'a>>,
    value: Option<Bytes<'a>>,
    value_bytes: usize,
    headers: Vec<Header<'a>>,
    /// Parts of the record that the dead letter lacks. The source topic may still have them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    omitted: Vec<&'static str>,
    /// Null: it was not sent back. Absent: the database did not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    replayed_at: Option<Option<String>>,
}

#[derive(Debug, Serialize)]
struct Header<'a> {
    name: &'a str,
    value: Option<Bytes<'a>>,
}

#[derive(Debug, Serialize)]
struct Source<'a> {
    topic: &'a str,
    partition: i32,
    offset: i64,
    /// Milliseconds since the Unix epoch.
    timestamp: Option<i64>,
}

/// Bytes as text if they are UTF-8, otherwise as `{"hex": "ff00…"}`.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Bytes<'a> {
    Text(&'a str),
    Binary { hex: String },
}

/// Maximum number of bytes shown in hex, enough to distinguish Avro from gzip.
const SHOWN: usize = 64;

impl<'a> Line<'a> {
    /// The line of a dead letter. `returned`: the dead letters that were sent back, if known.
    pub(crate) fn new(letter: &'a ParsedDeadLetter, returned: Option<&Returned>) -> Self {
        let (original, omitted) = (&letter.original, letter.omitted);
        let parts = [
            ("value", omitted.value),
            ("key", omitted.key),
            ("headers", omitted.headers),
            ("content", omitted.content),
        ];
        let headers = original.headers.iter();
        Self {
            partition: letter.partition,
            offset: letter.offset,
            reason: &letter.reason,
            error: &letter.error,
            service: &letter.service,
            failed_at: letter.failed_at.map(|at| at.to_string()),
            source: Source {
                topic: &original.topic,
                partition: original.partition,
                offset: original.offset,
                timestamp: original.written_at(),
            },
            key: original.key.as_deref().map(Bytes::from),
            value: original.value.as_deref().map(Bytes::from),
            value_bytes: value_bytes(letter),
            headers: headers.map(|(name, value)| Header { name, value: value.as_deref().map(Bytes::from) }).collect(),
            omitted: parts.into_iter().filter_map(|(part, size)| size.map(|_| part)).collect(),
            replayed_at: returned.map(|returned| returned.get(&place(letter)).map(ToString::to_string)),
        }
    }
}

/// The size of the original value, even if the dead letter lacks it.
pub(crate) fn value_bytes(letter: &ParsedDeadLetter) -> usize {
    letter
        .omitted
        .value
        .or(letter.omitted.content)
        .unwrap_or_else(|| letter.original.value.as_ref().map_or(0, Vec::len))
}

/// Replaces control characters. An error can quote a record, and a record can contain escape sequences for a terminal.
pub(crate) fn escape_control(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}

impl<'a> From<&'a [u8]> for Bytes<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        let Ok(text) = std::str::from_utf8(bytes) else {
            let hex = bytes.iter().take(SHOWN).map(|byte| format!("{byte:02x}")).collect();
            return Self::Binary { hex };
        };
        Self::Text(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_are_not_text_are_shown_in_hex() {
        let shown = |bytes: &[u8]| serde_json::to_string(&Bytes::from(bytes)).unwrap();
        assert_eq!(shown("Ролл".as_bytes()), r#""Ролл""#);
        assert_eq!(shown(&[0xff, 0x00]), r#"{"hex":"ff00"}"#);
        assert_eq!(shown(&[0xff; 1000]).len(), r#"{"hex":""}"#.len() + 2 * SHOWN);
    }
}
