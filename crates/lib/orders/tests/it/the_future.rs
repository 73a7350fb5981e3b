//! Dates in the future: more than a day ahead of the record's timestamp.

use orders::{RecordTime, Unusable, UtcMicros, enriched, event};
use serde_json::{Value, json};

use crate::samples::{self, rejection, with};

/// 2026-03-09 12:00:00
const WRITTEN_AT: i64 = 1_773_057_600_000;
const A_DAY: i64 = 24 * 3600 * 1_000_000;

/// The point in time this many microseconds after the record was written.
fn ahead(micros: i64) -> Value {
    json!(UtcMicros::from_unix_micros(WRITTEN_AT * 1000 + micros).unwrap().to_string())
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
        let (reason, error) = rejection(at(A_DAY + 1, Some(WRITTEN_AT)));
        assert_eq!(reason, "from-the-future", "{pointer}: {error}");
        assert!(error.contains(pointer.rsplit('/').next().unwrap()), "{pointer}: {error}");
        assert!(at(A_DAY + 1, None).is_ok(), "{pointer}: a record without a timestamp");
    }
}

#[test]
fn an_event_from_the_future_is_rejected() {
    check(&samples::event(), ["/sent_dttm", "/payload/update_ts", "/payload/date"], |value, written_at| {
        event::read(Some(value), written_at)
    });
}

#[test]
fn an_enriched_order_from_the_future_is_rejected() {
    check(&samples::enriched(), ["/sent_dttm", "/payload/update_ts", "/payload/date"], |value, written_at| {
        enriched::read(Some(value), written_at)
    });
}

#[test]
fn timestamps_at_either_end_of_time_are_compared() {
    let event = samples::event().to_string();
    let read = |written_at| event::read(Some(event.as_bytes()), Some(written_at)).map(drop);
    assert_eq!(read(i64::MAX), Ok(()));
    assert_eq!(rejection(read(i64::MIN)).0, "from-the-future");
}

#[test]
fn the_error_contains_both_times() {
    let event = with(samples::event(), "/payload/date", json!("2026-03-12T15:00:00.5+03:00")).to_string();
    for (written_at, expected) in [
        (WRITTEN_AT, "the record's timestamp, 2026-03-09 12:00:00; times are UTC"),
        // Seconds in place of milliseconds, and a time outside the calendar.
        (WRITTEN_AT / 1000, "the record's timestamp, 1970-01-21 12:30:57.6; times are UTC"),
        (i64::MIN, "the record's timestamp, -9223372036854775808 ms after 1970; times are UTC"),
    ] {
        let event = if written_at == WRITTEN_AT { event.clone() } else { samples::event().to_string() };
        let error = rejection(event::read(Some(event.as_bytes()), Some(written_at))).1;
        let date =
            if written_at == WRITTEN_AT { "payload.date is 2026-03-12 12:00:00.5" } else { "sent_dttm is 2026-" };
        assert!(error.starts_with(date), "{error}");
        assert!(error.ends_with(&format!("more than 24 h ahead of {expected}")), "{error}");
    }
}

#[test]
fn a_timestamp_of_before_2000_is_not_plausible() {
    let start = 946_684_800_000;
    for (millis, expected) in
        [(WRITTEN_AT, false), (start, false), (start - 1, true), (WRITTEN_AT / 1000, true), (0, true)]
    {
        assert_eq!(RecordTime::Record(millis).is_implausible(), expected, "{millis}");
    }
    assert!(!RecordTime::Unknown.is_implausible() && !RecordTime::Sent { now: 0 }.is_implausible());
}

/// With `sent_dttm` as the record time, for producers whose wrong timestamps cannot be corrected.
#[test]
fn dates_are_compared_with_sent_dttm_if_it_is_the_record_time() {
    let sent =
        |event: Value| event::read(Some(event.to_string().as_bytes()), RecordTime::Sent { now: WRITTEN_AT }).map(drop);
    let event = with(samples::event(), "/sent_dttm", ahead(0));
    for pointer in ["/payload/update_ts", "/payload/date"] {
        assert_eq!(sent(with(event.clone(), pointer, ahead(A_DAY))), Ok(()));
        let (reason, error) = rejection(sent(with(event.clone(), pointer, ahead(A_DAY + 1000))));
        assert_eq!(reason, "from-the-future");
        assert!(error.contains("more than 24 h ahead of sent_dttm, 2026-03-09 12:00:00;"), "{error}");
    }
    assert_eq!(sent(with(samples::event(), "/sent_dttm", ahead(A_DAY))), Ok(()));
    let (reason, error) = rejection(sent(with(samples::event(), "/sent_dttm", ahead(A_DAY + 1))));
    assert_eq!(reason, "from-the-future");
    assert!(error.contains("more than 24 h ahead of the time of reading, 2026-03-09 12:00:00;"), "{error}");
}
