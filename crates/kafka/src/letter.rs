//! A dead letter as it lies in its topic, taken apart into the record it once was and what was said about it.

use jiff::Timestamp;
use pipeline::{Header, Record, record::ORIGINAL_TIMESTAMP};

use crate::dead_letter::ADDED;

/// Where a record that was sent back had been a dead letter: `topic/partition/offset`.
pub const REPLAYED_FROM: &str = "replayed-from";

/// A dead letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Its partition in the dead-letter topic.
    pub partition: i32,
    /// Its offset there.
    pub offset: i64,
    /// The word it is filtered by.
    pub reason: String,
    /// What exactly was wrong.
    pub error: String,
    /// Who could not use it.
    pub service: String,
    /// When; absent if the header is no time.
    pub failed_at: Option<Timestamp>,
    /// The record it once was, with its coordinates and its own time; without the headers that say why it is here. If its
    /// value was too large to come along, a last header `value-omitted` says so, which keeps [`crate::Resender::fits`]
    /// from taking it for a tombstone.
    pub original: Record,
}

impl Letter {
    /// Takes a record of a dead-letter topic apart; `None` for one that no service of ours has put there.
    ///
    /// Our headers are known by their names in their order, the last such run: a header of the original that happens to
    /// be called `error` stays with the original.
    #[must_use]
    pub fn open(record: Record) -> Option<Self> {
        let mut headers = record.headers;
        let names = |headers: &[Header]| headers.iter().map(|(name, _)| name.as_str()).eq(ADDED);
        let at = headers.windows(ADDED.len()).rposition(names)?;
        let added = headers.drain(at..at + ADDED.len()).map(|(_, value)| String::from_utf8(value?).ok());
        let added: Vec<String> = added.collect::<Option<_>>()?;
        let [reason, error, topic, partition, offset, service, failed_at] = added.try_into().ok()?;
        let original = Record {
            topic: topic.into(),
            partition: partition.parse().ok()?,
            offset: offset.parse().ok()?,
            headers,
            ..record
        };
        let failed_at = failed_at.parse().ok();
        Some(Self { partition: record.partition, offset: record.offset, reason, error, service, failed_at, original })
    }

    /// The record to send back: the original, with its first known time, which counts instead of the new record's, and
    /// with a note where it has been. A note of an earlier return is replaced, so that a record that fails again and
    /// again does not grow.
    #[must_use]
    pub fn into_return(self, dead_letter_topic: &str) -> Record {
        let Self { partition, offset, original: mut record, .. } = self;
        let written_at = record.written_at();
        record.headers.retain(|(name, _)| name != ORIGINAL_TIMESTAMP && name != REPLAYED_FROM);
        let mut note = |name: &str, value: String| record.headers.push((name.to_owned(), Some(value.into_bytes())));
        if let Some(written_at) = written_at {
            note(ORIGINAL_TIMESTAMP, written_at.to_string());
        }
        note(REPLAYED_FROM, format!("{dead_letter_topic}/{partition}/{offset}"));
        record
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(name: &str, value: &str) -> Header {
        (name.to_owned(), Some(value.as_bytes().to_vec()))
    }

    fn dead(theirs: Vec<Header>) -> Record {
        let values = ["not-json", "expected a value", "orders", "4", "42", "stg-service", "2026-03-02T12:00:00Z"];
        let ours = ADDED.into_iter().zip(values).map(|(name, value)| header(name, value));
        Record {
            topic: "dead-letters".into(),
            partition: 1,
            offset: 7,
            timestamp: Some(1_000),
            key: Some(b"key".to_vec()),
            value: None,
            headers: theirs.into_iter().chain(ours).collect(),
        }
    }

    #[test]
    fn a_letter_is_the_record_it_once_was() {
        let letter = Letter::open(dead(vec![header("error", "their own"), ("empty".to_owned(), None)])).unwrap();
        assert_eq!((letter.partition, letter.offset), (1, 7));
        assert_eq!((letter.reason.as_str(), letter.service.as_str()), ("not-json", "stg-service"));
        assert_eq!(letter.failed_at, "2026-03-02T12:00:00Z".parse().ok());
        let original = &letter.original;
        assert_eq!((&*original.topic, original.partition, original.offset), ("orders", 4, 42));
        assert_eq!(original.headers, [header("error", "their own"), ("empty".to_owned(), None)]);
        assert_eq!((original.timestamp, &original.value), (Some(1_000), &None));
    }

    #[test]
    fn what_somebody_else_put_there_is_no_letter() {
        assert_eq!(Letter::open(Record { headers: vec![header("reason", "mine")], ..dead(Vec::new()) }), None);
        let mut record = dead(Vec::new());
        record.headers.swap(0, 1);
        assert_eq!(Letter::open(record), None);
    }

    #[test]
    fn a_return_keeps_the_first_known_time_and_notes_where_it_was() {
        let once = Letter::open(dead(vec![header("trace", "1")])).unwrap().into_return("dead-letters");
        let noted =
            [header("trace", "1"), header("original-timestamp", "1000"), header("replayed-from", "dead-letters/1/7")];
        assert_eq!(once.headers, noted);

        let again = Record { timestamp: Some(9_000), offset: 8, ..dead(once.headers) };
        let again = Letter::open(again).unwrap().into_return("dead-letters");
        let noted =
            [header("trace", "1"), header("original-timestamp", "1000"), header("replayed-from", "dead-letters/1/8")];
        assert_eq!(again.headers, noted);
    }
}
