//! What a dead letter looks like: the original record, and the headers that say why it is there.

use jiff::Timestamp;
use pipeline::DeadLetter;
use rdkafka::message::{Header, OwnedHeaders};

/// The headers a dead letter has and its original has not, in their order: [`crate::Letter`] finds them by it.
pub(crate) const ADDED: [&str; 7] =
    ["reason", "error", "source-topic", "source-partition", "source-offset", "service", "failed-at"];

/// The original's headers, then ours, which a reader therefore finds last.
pub(crate) fn headers(letter: &DeadLetter, service: &str) -> OwnedHeaders {
    let DeadLetter { record, rejection, failed_at } = letter;
    // The year 10000 is no time anybody fails at.
    let failed_at = Timestamp::try_from(*failed_at).unwrap_or(Timestamp::MAX).to_string();
    let (partition, offset) = (record.partition.to_string(), record.offset.to_string());
    let values = [rejection.reason, &*rejection.error, &*record.topic, &*partition, &*offset, service, &*failed_at];
    let ours = ADDED.into_iter().zip(values).map(|(key, value)| (key, Some(value.as_bytes())));
    let theirs = record.headers.iter().map(|(key, value)| (key.as_str(), value.as_deref()));
    let headers = OwnedHeaders::new_with_capacity(record.headers.len() + ADDED.len());
    theirs.chain(ours).fold(headers, |headers, (key, value)| headers.insert(Header { key, value }))
}
