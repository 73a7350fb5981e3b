//! A Kafka record with its coordinates, headers and timestamp.

use std::sync::Arc;

/// A record header: its name and its value, which may be null in Kafka.
pub type Header = (String, Option<Vec<u8>>);

/// One record of the source topic, with its coordinates.
///
/// It owns its bytes, because it outlives the client's buffer: it waits while the database is unreachable, and its
/// original bytes go to the dead-letter topic if it cannot be decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The topic from which it was read.
    pub topic: Arc<str>,
    /// The partition from which it was read.
    pub partition: i32,
    /// Its offset in that partition.
    pub offset: i64,
    /// The timestamp set by the broker or the producer, in milliseconds since the Unix epoch. `None` for the oldest
    /// message format.
    pub timestamp: Option<i64>,
    /// The key, which selects the partition.
    pub key: Option<Vec<u8>>,
    /// The value. `None` is a tombstone.
    pub value: Option<Vec<u8>>,
    /// The headers, in their order.
    pub headers: Vec<Header>,
    /// Set if its content would take more memory than the source may use. Then the content was not read: there is no
    /// key, no value and no header.
    pub unread: Option<Unread>,
}

/// A record, or consecutive records of one compressed batch, whose content was not read because of its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unread {
    /// The offset of the first record. The last one is the record itself.
    pub first_offset: i64,
    /// The memory that the record or its whole batch would take, in bytes.
    pub bytes: u64,
    /// The memory that it may take, in bytes.
    pub limit: u64,
}

/// The topic, partition and offset of a record.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Coordinates {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The offset in that partition.
    pub offset: i64,
}

/// The header of a replayed dead letter with the timestamp of its original record, in milliseconds since the Unix
/// epoch. Dates are checked against this time and not against the time of the replay.
pub const ORIGINAL_TIMESTAMP: &str = "original-timestamp";

/// What an allocation costs beside its bytes.
const ALLOCATION: usize = 32;

impl Record {
    /// The memory that it takes, in bytes, with what each key, value and header costs as an allocation. Ten thousand
    /// small headers are a hundred kilobytes on the wire and a megabyte in memory.
    #[must_use]
    pub fn bytes_in_memory(&self) -> usize {
        let length = |bytes: &Option<Vec<u8>>| bytes.as_ref().map_or(0, |bytes| bytes.len() + ALLOCATION);
        let header = |(name, value): &Header| size_of::<Header>() + name.len() + ALLOCATION + length(value);
        let headers: usize = self.headers.iter().map(header).sum();
        size_of::<Self>() + length(&self.key) + length(&self.value) + headers
    }

    /// The topic, partition and offset.
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
