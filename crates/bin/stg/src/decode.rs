//! Decoding of records of `order-service_orders` into events.

use clap::ValueEnum;
use consumer::{Outcome, Record, Rejection};
use orders::{Event, Malformed, RecordTime, Unusable, envelope, event};

/// Settings of the decoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct DecodeOptions {
    /// Whether an order may be wrapped in an envelope.
    pub(crate) envelope: Envelope,
    /// The time that the dates of an order are compared with.
    pub(crate) timestamp: TimestampSource,
}

/// `MESSAGE_ENVELOPE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Envelope {
    /// The value of a record is the order itself.
    #[default]
    None,
    /// The value is the order itself, or an envelope with the order inside.
    Auto,
}

/// `RECORD_TIMESTAMP`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum TimestampSource {
    /// The timestamp of the record.
    #[default]
    Kafka,
    /// The field `sent_dttm` of the order.
    #[value(name = "sent_dttm")]
    SentDttm,
}

/// Reads a record at the time `now` (milliseconds since the Unix epoch), or returns its outcome.
pub(crate) fn decode(record: &Record, options: DecodeOptions, now: i64) -> Result<Event, Outcome> {
    let time = match options.timestamp {
        TimestampSource::Kafka => record.written_at().into(),
        TimestampSource::SentDttm => RecordTime::Sent { now },
    };
    read(record, options.envelope, time).map_err(|unusable| match unusable {
        Unusable::Ignored(kind) => Outcome::Skipped(kind),
        Unusable::Malformed(malformed) => Outcome::DeadLetter(rejection(malformed, time)),
    })
}

fn read(record: &Record, envelope: Envelope, time: RecordTime) -> Result<Event, Unusable> {
    match (&record.value, envelope) {
        (Some(value), Envelope::Auto) => event::read(Some(&*envelope::open(value)?), time),
        (value, _) => event::read(value.as_deref(), time),
    }
}

/// The rejection of an order, with advice if the record's timestamp cannot be right.
fn rejection(Malformed { reason, mut error }: Malformed, time: RecordTime) -> Rejection {
    if reason == "from-the-future" && time.is_implausible() {
        error.push_str("; it is not plausible: set RECORD_TIMESTAMP=sent_dttm");
    }
    Rejection::new(reason, error)
}

#[cfg(test)]
mod tests {
    use consumer::{Header, record::ORIGINAL_TIMESTAMP};
    use proptest::prelude::*;

    use super::*;

    const ORDER: &str = r#"{"object_id": 1, "object_type": "order", "sent_dttm": "2026-03-09 12:01:44", "payload":
        {"restaurant": {"id": "r"}, "user": {"id": "u"}, "date": "2026-03-02 11:20:05", "order_items": [], "cost": 1,
         "payment": 1, "final_status": "CLOSED"}}"#;

    /// 2026-03-09 12:00:00
    const NOON: i64 = 1_773_057_600_000;

    const BY_SENT: DecodeOptions = DecodeOptions { envelope: Envelope::None, timestamp: TimestampSource::SentDttm };

    fn record(value: &str, timestamp: i64) -> Record {
        Record {
            topic: "orders".into(),
            partition: 0,
            offset: 0,
            timestamp: Some(timestamp),
            key: None,
            value: Some(value.into()),
            headers: Vec::new(),
            unread: None,
        }
    }

    #[test]
    fn a_record_timestamp_in_seconds_is_rejected_with_advice() {
        let record = record(ORDER, NOON / 1000);
        let Err(Outcome::DeadLetter(rejection)) = decode(&record, DecodeOptions::default(), NOON) else { panic!() };
        assert_eq!(rejection.reason, "from-the-future");
        for part in ["sent_dttm is 2026-03-09 12:01:44", "1970-01-21 12:30:57.6", "RECORD_TIMESTAMP=sent_dttm"] {
            assert!(rejection.error.contains(part), "{}", rejection.error);
        }
        assert!(decode(&record, BY_SENT, NOON).is_ok());
    }

    #[test]
    fn a_plausible_timestamp_gets_no_advice() {
        let Err(Outcome::DeadLetter(rejection)) =
            decode(&record(ORDER, 946_684_800_000), DecodeOptions::default(), NOON)
        else {
            panic!()
        };
        assert!(!rejection.error.contains("RECORD_TIMESTAMP"), "{}", rejection.error);
    }

    #[test]
    fn a_replayed_record_is_dated_by_sent_dttm_too() {
        let mut replayed = record(ORDER, NOON);
        replayed.headers.push((ORIGINAL_TIMESTAMP.to_owned(), Some(b"1773057600".to_vec())));
        assert!(decode(&replayed, DecodeOptions::default(), NOON).is_err());
        assert!(decode(&replayed, BY_SENT, NOON).is_ok());
    }

    /// Headers: the one that is read, and others, with any value.
    fn headers() -> impl Strategy<Value = Vec<Header>> {
        let name = prop_oneof![Just(ORIGINAL_TIMESTAMP.to_owned()), any::<String>()];
        let number = any::<i64>().prop_map(|number| number.to_string().into_bytes());
        let value = prop_oneof![any::<Vec<u8>>(), number];
        proptest::collection::vec((name, proptest::option::of(value)), 0..4)
    }

    proptest! {
        #[test]
        fn no_record_causes_a_panic(
            timestamp: Option<i64>, key: Option<Vec<u8>>, value in proptest::option::of(prop_oneof![Just(ORDER.into()), any::<Vec<u8>>()]),
            headers in headers(), offset: i64, partition: i32, now: i64,
        ) {
            let record = Record { timestamp, key, value, headers, offset, partition, ..record(ORDER, 0) };
            for options in [DecodeOptions::default(), BY_SENT, DecodeOptions { envelope: Envelope::Auto, ..BY_SENT }] {
                if let Err(outcome) = decode(&record, options, now) {
                    prop_assert!(matches!(outcome, Outcome::Skipped(_) | Outcome::DeadLetter(_)));
                }
            }
            let content = record.value.as_ref().map_or(0, Vec::len) + record.key.as_ref().map_or(0, Vec::len);
            prop_assert!(record.bytes_in_memory() >= content);
        }
    }

    #[test]
    fn an_envelope_is_opened_only_if_enabled() {
        let auto = DecodeOptions { envelope: Envelope::Auto, ..DecodeOptions::default() };
        let (bare, enveloped) =
            (record(ORDER, NOON), record(&format!(r#"{{"schema": {{}}, "payload": {ORDER}}}"#), NOON));
        assert_eq!(decode(&enveloped, DecodeOptions::default(), NOON), Err(Outcome::Skipped("envelope")));
        assert_eq!(decode(&enveloped, auto, NOON), decode(&bare, auto, NOON));
        assert!(decode(&bare, auto, NOON).is_ok());
        let deleted = record(r#"{"before": {}, "after": null, "op": "d"}"#, NOON);
        assert_eq!(decode(&deleted, auto, NOON), Err(Outcome::Skipped("tombstone")));
        let courier = record(r#"{"schema": {}, "payload": {"object_type": "courier"}}"#, NOON);
        assert_eq!(decode(&courier, auto, NOON), Err(Outcome::Skipped("other-type")));
        let broken = record(r#"{"schema": {}, "payload": {"object_type": "order"}}"#, NOON);
        assert!(matches!(decode(&broken, auto, NOON), Err(Outcome::DeadLetter(_))));
    }
}
