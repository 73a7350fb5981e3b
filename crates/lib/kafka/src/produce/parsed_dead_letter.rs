//! Parsing of a dead letter: the original record, and the reason why it was rejected.

use ::consumer::{Header, Record, record::ORIGINAL_TIMESTAMP};
use jiff::Timestamp;

use crate::produce::dead_letter::{
    ADDED, CONTENT_OMITTED, HEADERS_OMITTED, KEY_OMITTED, TIMESTAMP_OMITTED, VALUE_OMITTED,
};

/// The header of a replayed record with the coordinates of its dead letter: `topic/partition/offset`.
pub const REPLAYED_FROM: &str = "replayed-from";

/// A dead letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParsedDeadLetter {
    /// The partition in the dead-letter topic.
    pub partition: i32,
    /// The offset in the dead-letter topic.
    pub offset: i64,
    /// The short, stable reason, to filter by.
    pub reason: String,
    /// The exact error.
    pub error: String,
    /// The service that rejected the record.
    pub service: String,
    /// When it was rejected. `None` if the header is not a time.
    pub failed_at: Option<Timestamp>,
    /// The original record, with its coordinates and its own timestamp, without the added headers.
    pub original: Record,
    /// The parts of the original that this letter lacks, because it was too large for the broker.
    pub omitted: Omitted,
}

/// The sizes of the parts that were left out of a letter. The original record still has them:
/// [`ParsedDeadLetter::complete`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Omitted {
    /// The size of the value, in bytes.
    pub value: Option<usize>,
    /// The size of the key, in bytes.
    pub key: Option<usize>,
    /// The number of headers.
    pub headers: Option<usize>,
    /// The memory that the record or its batch would take, in bytes. Set if nothing of the record was read.
    pub content: Option<usize>,
}

impl Omitted {
    /// Whether any part was left out.
    #[must_use]
    pub const fn is_any(&self) -> bool {
        self.value.is_some() || self.key.is_some() || self.headers.is_some() || self.content.is_some()
    }
}

impl ParsedDeadLetter {
    /// Parses a record of a dead-letter topic. `None` if it was not written by one of the services.
    ///
    /// The added headers are recognized by their names in their order. The last such sequence counts, so a header of
    /// the original that is also called `error` stays with the original.
    #[must_use]
    pub fn open(record: Record) -> Option<Self> {
        let mut headers = record.headers;
        let names = |headers: &[Header]| headers.iter().map(|(name, _)| name.as_str()).eq(ADDED);
        let at = headers.windows(ADDED.len()).rposition(names)?;
        let behind = headers.split_off(at + ADDED.len());
        let added = headers.drain(at..).map(|(_, value)| String::from_utf8(value?).ok());
        let added: Vec<String> = added.collect::<Option<_>>()?;
        let [reason, error, topic, partition, offset, service, failed_at] = added.try_into().ok()?;

        let (mut omitted, mut timestamp) = (Omitted::default(), record.timestamp);
        for (name, value) in behind {
            let count = || std::str::from_utf8(value.as_deref()?).ok()?.parse().ok();
            match name.as_str() {
                VALUE_OMITTED => omitted.value = count(),
                KEY_OMITTED => omitted.key = count(),
                HEADERS_OMITTED => omitted.headers = count(),
                CONTENT_OMITTED => omitted.content = count(),
                TIMESTAMP_OMITTED => timestamp = std::str::from_utf8(value.as_deref()?).ok()?.parse().ok(),
                _ => headers.push((name, value)), // a header that was added later
            }
        }
        let original = Record {
            topic: topic.into(),
            partition: partition.parse().ok()?,
            offset: offset.parse().ok()?,
            timestamp,
            headers,
            ..record
        };
        let failed_at = failed_at.parse().ok();
        let (partition, offset) = (record.partition, record.offset);
        Some(Self { partition, offset, reason, error, service, failed_at, original, omitted })
    }

    /// This letter with all omitted parts, taken from the record `found` at the original coordinates. `None` if that is
    /// another record, as after the topic was created again.
    #[must_use]
    pub fn complete(self, found: Record) -> Option<Self> {
        let Self { original, omitted, .. } = &self;
        let length = |bytes: &Option<Vec<u8>>| bytes.as_ref().map(Vec::len);
        let is_same_place =
            (&found.topic, found.partition, found.offset) == (&original.topic, original.partition, original.offset);
        if omitted.content.is_some() {
            // Nothing else is known of it than that it was there when it was refused.
            let is_it = is_same_place && found.unread.is_none() && found.timestamp <= original.timestamp;
            return is_it.then(|| Self { original: found, omitted: Omitted::default(), ..self });
        }
        let is_it = (&found.topic, found.partition, found.offset, found.timestamp)
            == (&original.topic, original.partition, original.offset, original.timestamp)
            && omitted.value.map_or(found.value == original.value, |bytes| length(&found.value) == Some(bytes))
            && omitted.headers.map_or(found.headers == original.headers, |count| found.headers.len() == count)
            && omitted.key.map_or(found.key == original.key, |bytes| length(&found.key) == Some(bytes));
        is_it.then(|| Self { original: found, omitted: Omitted::default(), ..self })
    }

    /// The record to send back: the original with two headers. One is its first known timestamp, which counts instead
    /// of the new record's. The other is the coordinates of the dead letter. Headers of an earlier replay are replaced,
    /// so that a record that fails repeatedly does not grow. `None` if a part was left out: without its value, it would
    /// be a tombstone.
    #[must_use]
    pub fn into_replay(self, dead_letter_topic: &str) -> Option<Record> {
        if self.omitted.is_any() {
            return None;
        }
        let Self { partition, offset, original: mut record, .. } = self;
        let written_at = record.written_at();
        record.headers.retain(|(name, _)| name != ORIGINAL_TIMESTAMP && name != REPLAYED_FROM);
        let mut note = |name: &str, value: String| record.headers.push((name.to_owned(), Some(value.into_bytes())));
        if let Some(written_at) = written_at {
            note(ORIGINAL_TIMESTAMP, written_at.to_string());
        }
        note(REPLAYED_FROM, format!("{dead_letter_topic}/{partition}/{offset}"));
        Some(record)
    }
}

#[cfg(test)]
mod tests {
    use ::consumer::Unread;

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
            unread: None,
        }
    }

    #[test]
    fn a_dead_letter_contains_the_original_record() {
        let letter =
            ParsedDeadLetter::open(dead(vec![header("error", "their own"), ("empty".to_owned(), None)])).unwrap();
        assert_eq!((letter.partition, letter.offset), (1, 7));
        assert_eq!((letter.reason.as_str(), letter.service.as_str()), ("not-json", "stg-service"));
        assert_eq!(letter.failed_at, "2026-03-02T12:00:00Z".parse().ok());
        let original = &letter.original;
        assert_eq!((&*original.topic, original.partition, original.offset), ("orders", 4, 42));
        assert_eq!(original.headers, [header("error", "their own"), ("empty".to_owned(), None)]);
        assert_eq!((original.timestamp, &original.value), (Some(1_000), &None));
    }

    #[test]
    fn a_record_without_our_headers_is_not_a_dead_letter() {
        assert_eq!(
            ParsedDeadLetter::open(Record { headers: vec![header("reason", "mine")], ..dead(Vec::new()) }),
            None
        );
        let mut record = dead(Vec::new());
        record.headers.swap(0, 1);
        assert_eq!(ParsedDeadLetter::open(record), None);
    }

    #[test]
    fn a_replay_keeps_the_first_timestamp_and_the_position_of_the_dead_letter() {
        let once =
            ParsedDeadLetter::open(dead(vec![header("trace", "1")])).unwrap().into_replay("dead-letters").unwrap();
        let noted =
            [header("trace", "1"), header("original-timestamp", "1000"), header("replayed-from", "dead-letters/1/7")];
        assert_eq!(once.headers, noted);

        let again = Record { timestamp: Some(9_000), offset: 8, ..dead(once.headers) };
        let again = ParsedDeadLetter::open(again).unwrap().into_replay("dead-letters").unwrap();
        let noted =
            [header("trace", "1"), header("original-timestamp", "1000"), header("replayed-from", "dead-letters/1/8")];
        assert_eq!(again.headers, noted);
    }

    /// A letter without all parts that can be left out, and its original record.
    fn emptied() -> (ParsedDeadLetter, Record) {
        let omitted = [header("value-omitted", "3"), header("key-omitted", "3"), header("headers-omitted", "1")];
        let left = dead(Vec::new());
        let record = Record { key: None, headers: left.headers.into_iter().chain(omitted).collect(), ..left };
        let letter = ParsedDeadLetter::open(record).unwrap();
        let original = Record {
            topic: "orders".into(),
            partition: 4,
            offset: 42,
            timestamp: Some(1_000),
            key: Some(b"key".to_vec()),
            value: Some(b"{ }".to_vec()),
            headers: vec![header("trace", "1")],
            unread: None,
        };
        (letter, original)
    }

    #[test]
    fn an_incomplete_dead_letter_is_not_replayed() {
        let (letter, original) = emptied();
        assert_eq!(letter.omitted, Omitted { value: Some(3), key: Some(3), headers: Some(1), content: None });
        assert_eq!(letter.original.headers, []);
        assert_eq!(letter.clone().into_replay("dead-letters"), None);
        let whole = letter.complete(original.clone()).unwrap();
        assert_eq!((&whole.original, whole.omitted), (&original, Omitted::default()));
        assert_eq!(whole.into_replay("dead-letters").unwrap().value, original.value);
    }

    #[test]
    fn another_record_at_the_same_offset_is_not_the_original() {
        let (letter, original) = emptied();
        for other in [
            Record { offset: 43, ..original.clone() },
            Record { timestamp: Some(1_001), ..original.clone() },
            Record { value: Some(b"{}".to_vec()), ..original.clone() },
            Record { value: None, ..original.clone() },
            Record { key: None, ..original.clone() },
            Record { headers: Vec::new(), ..original.clone() },
        ] {
            assert_eq!(letter.clone().complete(other.clone()), None, "{other:?}");
        }
    }

    #[test]
    fn a_dead_letter_of_an_unread_record_is_completed_from_its_offset() {
        let mut record = dead(Vec::new());
        record.headers.push(header("content-omitted", "90000000"));
        let letter = ParsedDeadLetter::open(Record { key: None, ..record }).unwrap();
        assert_eq!(letter.omitted, Omitted { content: Some(90_000_000), ..Omitted::default() });
        assert_eq!(letter.clone().into_replay("dead-letters"), None);
        let original = Record { timestamp: Some(999), ..emptied().1 };
        let unread = Some(Unread { first_offset: 42, bytes: 1, limit: 0 });
        for other in [
            Record { offset: 43, ..original.clone() },
            Record { timestamp: Some(1_001), ..original.clone() },
            Record { unread, ..original.clone() },
        ] {
            assert_eq!(letter.clone().complete(other.clone()), None, "{other:?}");
        }
        assert_eq!(letter.complete(original.clone()).unwrap().original, original);
    }

    #[test]
    fn an_omitted_timestamp_is_restored() {
        let mut record = dead(Vec::new());
        record.headers.push(header("timestamp-omitted", "4000000000000"));
        let letter = ParsedDeadLetter::open(record).unwrap();
        assert_eq!((letter.original.timestamp, letter.omitted), (Some(4_000_000_000_000), Omitted::default()));
        assert_eq!(letter.into_replay("dead-letters").unwrap().written_at(), Some(4_000_000_000_000));
    }
}
