//! What a dead letter looks like: the original record, and the headers that say why it is there.

use jiff::Timestamp;
use pipeline::{DeadLetter, Record};
use rdkafka::message::{Header, OwnedHeaders};

/// The headers a dead letter has and its original has not, in their order: [`crate::Letter`] finds them by it.
pub(crate) const ADDED: [&str; 7] =
    ["reason", "error", "source-topic", "source-partition", "source-offset", "service", "failed-at"];

/// Follows them where the value was left out, and says how many bytes it has: the original has it still, at the coordinates
/// in the headers.
pub(crate) const VALUE_OMITTED: &str = "value-omitted";

/// An error is cut to so many bytes: it may quote what it met, and what it met may be a megabyte.
const ERROR_BYTES: usize = 1024;

/// The original's headers, then ours, which a reader therefore finds last.
pub(crate) fn headers(letter: &DeadLetter, service: &str) -> OwnedHeaders {
    let DeadLetter { record, rejection, failed_at } = letter;
    // The year 10000 is no time anybody fails at.
    let failed_at = Timestamp::try_from(*failed_at).unwrap_or(Timestamp::MAX).to_string();
    let (partition, offset) = (record.partition.to_string(), record.offset.to_string());
    let error = &rejection.error[..rejection.error.floor_char_boundary(ERROR_BYTES)];
    let values = [rejection.reason, error, &*record.topic, &*partition, &*offset, service, &*failed_at];
    let ours = ADDED.into_iter().zip(values).map(|(key, value)| (key, Some(value.as_bytes())));
    let theirs = record.headers.iter().map(|(key, value)| (key.as_str(), value.as_deref()));
    let headers = OwnedHeaders::new_with_capacity(record.headers.len() + ADDED.len());
    theirs.chain(ours).fold(headers, |headers, (key, value)| headers.insert(Header { key, value }))
}

/// The headers of a dead letter whose value of so many bytes was left out.
pub(crate) fn headers_without_value(letter: &DeadLetter, service: &str, bytes: usize) -> OwnedHeaders {
    headers(letter, service).insert(Header { key: VALUE_OMITTED, value: Some(&bytes.to_string()) })
}

/// Whether this is what is left of a record whose value was left out. It looks like a tombstone, and must not become one.
pub(crate) fn lacks_its_value(record: &Record) -> bool {
    record.value.is_none() && record.headers.iter().any(|(name, _)| name == VALUE_OMITTED)
}
