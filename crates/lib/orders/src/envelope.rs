//! Envelopes around a message: Kafka Connect (`schema`, `payload`), Debezium (`before`, `after`, `op`), CloudEvents (`data`).
//!
//! An envelope is recognized by its fields. An object with an `object_type` is a message and never an envelope. The
//! content is an object or a string with the JSON text of one. Envelopes may be nested: Connect around Debezium.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::{Unusable, parsing::json::Object};

/// The kinds of envelopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Envelope {
    CloudEvents,
    Connect,
    Debezium,
}

/// Maximum depth of nested envelopes: Connect, Debezium, and a string inside.
const DEEPEST: usize = 3;

/// The content of an object.
enum Found {
    /// It is not an envelope, or an envelope without a message.
    Nothing,
    /// An envelope of a deleted message.
    Deletion,
    /// The JSON text of the message.
    Message(Vec<u8>),
}

impl Envelope {
    /// The kind of the envelope. `None`: the object is not an envelope.
    pub(crate) fn of<V>(fields: &Object<'_, V>) -> Option<Self> {
        let has = |name| fields.get(name).is_some();
        if has("op") && (has("after") || has("before")) {
            Some(Self::Debezium)
        } else if has("specversion") && has("data") {
            Some(Self::CloudEvents)
        } else if has("payload") && (has("schema") || fields.iter().count() == 1) {
            Some(Self::Connect)
        } else {
            None
        }
    }
}

/// The message inside the value of a record, or the value itself if it is not an envelope.
///
/// # Errors [`Unusable::Ignored`] (`tombstone`) for an envelope of a deleted message.
pub fn open(value: &[u8]) -> Result<Cow<'_, [u8]>, Unusable> {
    let mut message = Cow::Borrowed(value);
    for _ in 0..DEEPEST {
        match find(&message) {
            Found::Nothing => break,
            Found::Deletion => return Err(Unusable::Ignored("tombstone")),
            Found::Message(inner) => message = Cow::Owned(inner),
        }
    }
    Ok(message)
}

fn find(value: &[u8]) -> Found {
    let Ok(fields) = serde_json::from_slice::<Object<'_, &RawValue>>(value) else { return Found::Nothing };
    let field = |name: &str| fields.get(name).map(|raw| raw.get()).filter(|text| *text != "null");
    if field("object_type").is_some() {
        return Found::Nothing;
    }
    let Some(envelope) = Envelope::of(&fields) else { return Found::Nothing };
    let inner = match envelope {
        Envelope::CloudEvents => field("data"),
        Envelope::Connect => field("payload"),
        Envelope::Debezium => field("after"),
    };
    match (inner, envelope) {
        (Some(text), _) => object(text).map_or(Found::Nothing, Found::Message),
        (None, Envelope::Debezium) if field("op") == Some(r#""d""#) => Found::Deletion,
        (None, Envelope::Connect) if fields.get("schema").is_some() => Found::Deletion,
        (None, _) => Found::Nothing,
    }
}

/// The JSON text of an object: `json` itself, or the content of the string `json`.
fn object(json: &str) -> Option<Vec<u8>> {
    let text = match json.starts_with('"') {
        true => serde_json::from_str(json).ok()?,
        false => json.to_owned(),
    };
    text.trim_start().starts_with('{').then(|| text.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDER: &str = r#"{"object_type": "order", "payload": {"a": 1.50}}"#;

    fn opened(value: &str) -> Result<String, Unusable> {
        open(value.as_bytes()).map(|text| String::from_utf8(text.into_owned()).unwrap())
    }

    #[test]
    fn a_message_is_taken_out_of_its_envelope_byte_for_byte() {
        let text = serde_json::to_string(ORDER).unwrap();
        for envelope in [
            format!(r#"{{"schema": {{"type": "struct"}}, "payload": {ORDER}}}"#),
            format!(r#"{{"schema": {{"type": "string"}}, "payload": {text}}}"#),
            format!(r#"{{"schema": null, "payload": {ORDER}}}"#),
            format!(r#"{{"payload": {ORDER}}}"#),
            format!(r#"{{"before": null, "after": {ORDER}, "op": "c", "ts_ms": 1}}"#),
            format!(r#"{{"before": null, "after": {text}, "op": "r"}}"#),
            format!(r#"{{"payload": {{"before": {{}}, "after": {ORDER}, "op": "u"}}}}"#),
            format!(r#"{{"schema": {{}}, "payload": {{"before": {{}}, "after": {text}, "op": "u"}}}}"#),
            format!(r#"{{"specversion": "1.0", "id": "7", "source": "/s", "type": "t", "data": {ORDER}}}"#),
            format!(r#"{{"specversion": "1.0", "id": "7", "source": "/s", "type": "t", "data": {text}}}"#),
            format!(r#"{{"object_type": null, "schema": {{}}, "payload": {ORDER}}}"#),
        ] {
            assert_eq!(opened(&envelope).as_deref(), Ok(ORDER), "{envelope}");
        }
    }

    #[test]
    fn a_deletion_is_a_tombstone() {
        for envelope in [
            r#"{"before": {"object_type": "order"}, "after": null, "op": "d"}"#,
            r#"{"before": {"object_type": "order"}, "op": "d"}"#,
            r#"{"schema": {}, "payload": {"before": {}, "after": null, "op": "d"}}"#,
            r#"{"schema": null, "payload": null}"#,
        ] {
            assert_eq!(opened(envelope), Err(Unusable::Ignored("tombstone")), "{envelope}");
        }
    }

    #[test]
    fn other_messages_are_not_changed() {
        for value in [
            ORDER,
            r#"{"object_type": "order", "schema": {}, "payload": {"object_type": "courier"}}"#,
            r#"{"object_type": "order", "op": "d", "after": null}"#,
            r#"{"workflow_key": "heartbeat", "payload": {"object_type": "order"}}"#,
            r#"{"before": {}, "after": null, "op": "t"}"#,
            r#"{"specversion": "1.0", "data": null}"#,
            r#"{"schema": {}, "payload": "good morning"}"#,
            r#"{"schema": {}, "payload": [7]}"#,
            r#"{"schema": {}, "payload": 7}"#,
            r#"{"payload": null}"#,
            "{}",
            "[]",
            "7",
            "",
            "{",
        ] {
            assert_eq!(opened(value).as_deref(), Ok(value));
        }
        let mut deep = ORDER.to_owned();
        for _ in 0..=DEEPEST {
            deep = format!(r#"{{"payload": {deep}}}"#);
        }
        assert_eq!(opened(&deep).unwrap(), format!(r#"{{"payload": {ORDER}}}"#));
    }
}
