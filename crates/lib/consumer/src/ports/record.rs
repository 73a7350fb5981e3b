//! A record as the broker holds it.

use std::sync::Arc;

/// A header of a record: its name and its value, which Kafka allows to be null.
pub type Header = (String, Option<Vec<u8>>);

/// One record of the source topic, with its coordinates.
///
/// Owned, because a record outlives the client's buffer: it waits out an absent database, and its original bytes go to
/// the dead-letter topic when nobody can read them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The topic it was read from.
    pub topic: Arc<str>,
    /// The partition it was read from.
    pub partition: i32,
    /// Its offset in that partition.
    pub offset: i64,
    /// The broker's or producer's time, in milliseconds since the Unix epoch; absent for the oldest message format.
    pub timestamp: Option<i64>,
    /// The key, which decides the partition.
    pub key: Option<Vec<u8>>,
    /// The value; `None` is a tombstone.
    pub value: Option<Vec<u8>>,
    /// The headers in their order.
    pub headers: Vec<Header>,
}

/// Where a record lies.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Coordinates {
    /// Its topic.
    pub topic: String,
    /// Its partition.
    pub partition: i32,
    /// Its offset in that partition.
    pub offset: i64,
}

/// A replayed dead letter carries the time of the record it once was in this header, in milliseconds since the Unix
/// epoch: dates are judged against it, not against the day of the replay.
pub const ORIGINAL_TIMESTAMP: &str = "original-timestamp";

impl Record {
    /// Where it lies.
    #[must_use]
    pub fn coordinates(&self) -> Coordinates {
        Coordinates { topic: self.topic.to_string(), partition: self.partition, offset: self.offset }
    }

    /// When the record was first written, in milliseconds since the Unix epoch.
    #[must_use]
    pub fn written_at(&self) -> Option<i64> {
        let original = self.headers.iter().find(|(name, _)| name == ORIGINAL_TIMESTAMP);
        original.and_then(|(_, value)| std::str::from_utf8(value.as_deref()?).ok()?.parse().ok()).or(self.timestamp)
    }
}
