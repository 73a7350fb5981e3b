//! Skipped records: messages for other services are skipped with their kind, however malformed they are otherwise.

use orders::{Unusable, counters, enriched, event};

#[test]
fn records_of_other_types_are_skipped() {
    for text in [
        r#"{"object_type": "courier"}"#,
        r#"{"object_type": "ORDER"}"#,
        r#"{"object_type": 7}"#,
        r#"{"object_type": ""}"#,
    ] {
        let value = Some(text.as_bytes());
        assert_eq!(event::read(value, None), Err(Unusable::Ignored("other-type")), "{text}");
        assert_eq!(enriched::read(value, None), Err(Unusable::Ignored("other-type")), "{text}");
        assert_eq!(counters::read(value, None), Err(Unusable::Ignored("other-type")), "{text}");
    }
}

#[test]
fn records_without_a_type_are_skipped() {
    for text in ["{}", r#"{"object_type": null, "payload": {}}"#] {
        let value = Some(text.as_bytes());
        assert_eq!(event::read(value, None), Err(Unusable::Ignored("untyped")), "{text}");
        assert_eq!(enriched::read(value, None), Err(Unusable::Ignored("untyped")), "{text}");
    }
}

#[test]
fn tombstones_are_skipped() {
    assert_eq!(event::read(None, None), Err(Unusable::Ignored("tombstone")));
    assert_eq!(enriched::read(None, None), Err(Unusable::Ignored("tombstone")));
    assert_eq!(counters::read(None, None), Err(Unusable::Ignored("tombstone")));
}

#[test]
fn envelopes_are_skipped() {
    for text in [
        r#"{"schema": {}, "payload": {"object_type": "order"}}"#,
        r#"{"payload": {"before": null, "after": {"object_type": "order"}, "op": "c"}}"#,
        r#"{"before": null, "after": {"object_type": "order"}, "op": "c"}"#,
        r#"{"specversion": "1.0", "data": {"object_type": "order"}}"#,
    ] {
        let value = Some(text.as_bytes());
        assert_eq!(event::read(value, None), Err(Unusable::Ignored("envelope")), "{text}");
        assert_eq!(enriched::read(value, None), Err(Unusable::Ignored("envelope")), "{text}");
    }
}
