//! A record, copied out of the client's buffer.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use ::consumer::{Header, Record};
use rdkafka::message::{BorrowedMessage, Headers, Message};

/// A message as a record of `topic`, the one topic we read: its name is shared, not copied.
pub(crate) fn owned(topic: &Arc<str>, message: &BorrowedMessage<'_>) -> Record {
    let (partition, offset) = (message.partition(), message.offset());
    let (headers, unreadable) = message.headers().map(readable).unwrap_or_default();
    if unreadable > 0 {
        tracing::warn!(
            record.topic = %topic,
            record.partition = partition,
            record.offset = offset,
            unreadable,
            "headers with names that are not UTF-8 are left out");
    }
    Record {
        topic: Arc::clone(topic),
        partition,
        offset,
        timestamp: message.timestamp().to_millis(),
        key: message.key().map(<[u8]>::to_vec),
        value: message.payload().map(<[u8]>::to_vec),
        headers,
    }
}

/// The headers that can be read, and how many cannot.
///
/// rdkafka panics at a name that is not UTF-8, which no broker forbids. Such a record would end the process, and end it
/// again after each restart. There is no safe way past rdkafka to the bytes of the name, so the panic is caught; the hook
/// has reported it by then. Nothing is left half done by it: a header is only looked at.
fn readable(headers: &impl Headers) -> (Vec<Header>, usize) {
    let read = |index| {
        let header = headers.try_get(index)?;
        Some((header.key.to_owned(), header.value.map(<[u8]>::to_vec)))
    };
    let count = headers.count();
    let read: Vec<_> = (0..count).filter_map(|index| catch_unwind(AssertUnwindSafe(|| read(index))).ok()?).collect();
    let unreadable = count - read.len();
    (read, unreadable)
}
