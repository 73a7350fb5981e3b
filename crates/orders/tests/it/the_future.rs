//! Dates that a clock gone wrong has set: more than a day ahead of the record's own timestamp.

use orders::{Moment, Unusable, enriched, event};
use serde_json::{Value, json};

use crate::samples::{self, refusal, with};

/// 2026-03-09 12:00:00
const WRITTEN_AT: i64 = 1_773_057_600_000;
const A_DAY: i64 = 24 * 3600 * 1_000_000;

/// The moment so many microseconds after the record was written.
fn ahead(micros: i64) -> Value {
    json!(Moment::from_unix_micros(WRITTEN_AT * 1000 + micros).unwrap().to_string())
}

fn check<T: std::fmt::Debug>(
    sample: &Value,
    pointers: [&str; 3],
    read: impl Fn(&[u8], Option<i64>) -> Result<T, Unusable>,
) {
    for pointer in pointers {
        let at =
            |micros, written_at| read(with(sample.clone(), pointer, ahead(micros)).to_string().as_bytes(), written_at);
        assert!(at(A_DAY, Some(WRITTEN_AT)).is_ok(), "{pointer}: a day ahead");
        let (reason, error) = refusal(at(A_DAY + 1, Some(WRITTEN_AT)));
        assert_eq!(reason, "from-the-future", "{pointer}: {error}");
        assert!(error.contains(pointer.rsplit('/').next().unwrap()), "{pointer}: {error}");
        assert!(at(A_DAY + 1, None).is_ok(), "{pointer}: a record without a timestamp");
    }
}

#[test]
fn of_an_event() {
    check(&samples::event(), ["/sent_dttm", "/payload/update_ts", "/payload/date"], |value, written_at| {
        event::read(Some(value), written_at)
    });
}

#[test]
fn of_an_enriched_order() {
    check(&samples::enriched(), ["/sent_dttm", "/payload/update_ts", "/payload/date"], |value, written_at| {
        enriched::read(Some(value), written_at)
    });
}

#[test]
fn at_either_end_of_time() {
    let event = samples::event().to_string();
    let read = |written_at| event::read(Some(event.as_bytes()), Some(written_at)).map(drop);
    assert_eq!(read(i64::MAX), Ok(()));
    assert_eq!(refusal(read(i64::MIN)).0, "from-the-future");
}
