//! One dead letter as a line of JSON. Here the record itself is shown, which may name people: it was asked for.

use kafka::Letter;
use serde::Serialize;

/// The shape of the line.
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
}

#[derive(Debug, Serialize)]
struct Source<'a> {
    topic: &'a str,
    partition: i32,
    offset: i64,
    /// Milliseconds since the Unix epoch.
    timestamp: Option<i64>,
}

/// Bytes as a person can read them: text, or `{"hex": "ff00…"}`.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Bytes<'a> {
    Text(&'a str),
    Binary { hex: String },
}

/// How many bytes of what is no text are shown: enough to tell Avro from gzip.
const SHOWN: usize = 64;

impl<'a> From<&'a Letter> for Line<'a> {
    fn from(letter: &'a Letter) -> Self {
        let original = &letter.original;
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
            value_bytes: original.value.as_ref().map_or(0, Vec::len),
        }
    }
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
    fn text_is_text_and_the_rest_is_hex() {
        let shown = |bytes: &[u8]| serde_json::to_string(&Bytes::from(bytes)).unwrap();
        assert_eq!(shown("Ролл".as_bytes()), r#""Ролл""#);
        assert_eq!(shown(&[0xff, 0x00]), r#"{"hex":"ff00"}"#);
        assert_eq!(shown(&[0xff; 1000]).len(), r#"{"hex":""}"#.len() + 2 * SHOWN);
    }
}
