//! What a dead letter looks like: the original record, and the headers that say why it is there.

use ::consumer::{DeadLetter, Record};
use jiff::Timestamp;
use rdkafka::{
    message::{Header, OwnedHeaders},
    types::RDKafkaErrorCode as Code,
};

/// The headers a dead letter has and its original has not, in their order: [`crate::ParsedDeadLetter`] finds them by it.
pub(crate) const ADDED: [&str; 7] =
    ["reason", "error", "source-topic", "source-partition", "source-offset", "service", "failed-at"];

/// Follows them where the value was left out, and says how many bytes it has: the original has it still, at the coordinates
/// in the headers.
pub(crate) const VALUE_OMITTED: &str = "value-omitted";

/// The same of the key.
pub(crate) const KEY_OMITTED: &str = "key-omitted";

/// And of the original's headers, with their number.
pub(crate) const HEADERS_OMITTED: &str = "headers-omitted";

/// Follows them where the broker did not take the original's time, which it says, in milliseconds since the Unix epoch.
pub(crate) const TIMESTAMP_OMITTED: &str = "timestamp-omitted";

/// An error is cut to so many bytes: it may quote what it met, and what it met may be a megabyte.
const ERROR_BYTES: usize = 1024;

/// What of the original a dead letter holds: all, until the broker refuses it. A record that was refused once would be
/// refused for ever and hold up all behind it, so something is left out, and a header says what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RetainedParts {
    pub(crate) value: bool,
    pub(crate) key_and_headers: bool,
    pub(crate) timestamp: bool,
}

impl RetainedParts {
    pub(crate) const ALL: Self = Self { value: true, key_and_headers: true, timestamp: true };

    /// What is left after the broker refused a letter with this code; `None` where leaving something out is no help.
    pub(crate) fn without(self, code: Code) -> Option<Self> {
        match code {
            Code::MessageSizeTooLarge if self.value => Some(Self { value: false, ..self }),
            Code::MessageSizeTooLarge if self.key_and_headers => Some(Self { key_and_headers: false, ..self }),
            // Brokers have an opinion about the future, each topic its own.
            Code::InvalidTimestamp if self.timestamp => Some(Self { timestamp: false, ..self }),
            _ => None,
        }
    }
}

/// The original's headers, then ours, which a reader therefore finds last, then what was left out.
pub(crate) fn headers(letter: &DeadLetter, service: &str, retained: RetainedParts) -> OwnedHeaders {
    let DeadLetter { record, rejection, failed_at } = letter;
    // The year 10000 is no time anybody fails at.
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

/// What was left out of the record, and how much it was.
fn omitted(record: &Record, retained: RetainedParts) -> Vec<(&'static str, String)> {
    let value = record.value.as_ref().filter(|_| !retained.value).map(|value| (VALUE_OMITTED, value.len().to_string()));
    let key = record.key.as_ref().filter(|_| !retained.key_and_headers).map(|key| (KEY_OMITTED, key.len().to_string()));
    let headers = (!retained.key_and_headers).then(|| (HEADERS_OMITTED, record.headers.len().to_string()));
    let timestamp = record.timestamp.filter(|_| !retained.timestamp).map(|time| (TIMESTAMP_OMITTED, time.to_string()));
    [value, key, headers, timestamp].into_iter().flatten().collect()
}
