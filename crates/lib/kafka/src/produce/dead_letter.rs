//! The format of a dead letter: the original record, and headers with the reason.

use ::consumer::{DeadLetter, Record};
use jiff::Timestamp;
use rdkafka::{
    message::{Header, OwnedHeaders},
    types::RDKafkaErrorCode as Code,
};

/// The headers added to the original record, in this order. [`crate::ParsedDeadLetter`] recognizes them by the order.
pub(crate) const ADDED: [&str; 7] =
    ["reason", "error", "source-topic", "source-partition", "source-offset", "service", "failed-at"];

/// Follows the added headers if the value was left out, and contains its size in bytes. The original record at the
/// coordinates in the headers still has the value.
pub(crate) const VALUE_OMITTED: &str = "value-omitted";

/// The same for the key.
pub(crate) const KEY_OMITTED: &str = "key-omitted";

/// The same for the original's headers, with their number.
pub(crate) const HEADERS_OMITTED: &str = "headers-omitted";

/// Follows the added headers if the broker rejected the original timestamp, and contains it, in milliseconds since the
/// Unix epoch.
pub(crate) const TIMESTAMP_OMITTED: &str = "timestamp-omitted";

/// Follows the added headers if the record was not read because of its size, and contains the memory that it or its
/// batch would take, in bytes. Key, value, headers and timestamp are missing; the original has them.
pub(crate) const CONTENT_OMITTED: &str = "content-omitted";

/// Maximum size of the error text, in bytes. An error may quote its input, which may be a megabyte.
const ERROR_BYTES: usize = 1024;

/// The parts of the original that a dead letter contains: all, unless the broker rejects it. A rejected record would be
/// rejected each time and block all records behind it, so a part is left out, and a header says so.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RetainedParts {
    pub(crate) value: bool,
    pub(crate) key_and_headers: bool,
    pub(crate) timestamp: bool,
}

impl RetainedParts {
    pub(crate) const ALL: Self = Self { value: true, key_and_headers: true, timestamp: true };

    /// The parts to retain after the broker rejected a letter with this code. `None` if leaving out a part does not
    /// help.
    pub(crate) fn without(self, code: Code) -> Option<Self> {
        match code {
            Code::MessageSizeTooLarge if self.value => Some(Self { value: false, ..self }),
            Code::MessageSizeTooLarge if self.key_and_headers => Some(Self { key_and_headers: false, ..self }),
            // Brokers may reject timestamps in the future. The limit is a setting of each topic.
            Code::InvalidTimestamp if self.timestamp => Some(Self { timestamp: false, ..self }),
            _ => None,
        }
    }
}

/// The original's headers, then the added ones, which a reader therefore finds last, then those for omitted parts.
pub(crate) fn headers(letter: &DeadLetter, service: &str, retained: RetainedParts) -> OwnedHeaders {
    let DeadLetter { record, rejection, failed_at } = letter;
    // Times after the year 9999 do not occur.
    let failed_at = Timestamp::try_from(*failed_at).unwrap_or(Timestamp::MAX).to_string();
    let (partition, offset) = (record.partition.to_string(), record.offset.to_string());
    let error = &rejection.error[..rejection.error.floor_char_boundary(ERROR_BYTES)];
    let values = [rejection.reason, error, &*record.topic, &*partition, &*offset, service, &*failed_at];
    let ours = ADDED.into_iter().zip(values).map(|(key, value)| (key, Some(value.as_bytes())));
    let theirs = record.headers.iter().filter(|_| retained.key_and_headers);
    let theirs = theirs.map(|(key, value)| (key.as_str(), value.as_deref()));
    let omitted = omitted(record, retained);
    let omitted = omitted.iter().map(|(key, value)| (*key, Some(value.as_bytes())));
    let headers = OwnedHeaders::new_with_capacity(record.headers.len() + ADDED.len());
    theirs.chain(ours).chain(omitted).fold(headers, |headers, (key, value)| headers.insert(Header { key, value }))
}

/// Headers for the omitted parts, with their sizes.
fn omitted(record: &Record, retained: RetainedParts) -> Vec<(&'static str, String)> {
    let value = record.value.as_ref().filter(|_| !retained.value).map(|value| (VALUE_OMITTED, value.len().to_string()));
    let key = record.key.as_ref().filter(|_| !retained.key_and_headers).map(|key| (KEY_OMITTED, key.len().to_string()));
    let headers = (!retained.key_and_headers).then(|| (HEADERS_OMITTED, record.headers.len().to_string()));
    let timestamp = record.timestamp.filter(|_| !retained.timestamp).map(|time| (TIMESTAMP_OMITTED, time.to_string()));
    let content = record.unread.map(|unread| (CONTENT_OMITTED, unread.bytes.to_string()));
    [value, key, headers, timestamp, content].into_iter().flatten().collect()
}
