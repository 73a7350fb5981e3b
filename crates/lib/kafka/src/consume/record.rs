//! Conversion of an rdkafka message into an owned record.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use ::consumer::{Header, Record};
use rdkafka::message::{BorrowedMessage, Headers, Message};

/// Copies a message into a record of `topic`. The name of the topic is shared, not copied.
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

/// The readable headers, and the number of unreadable ones.
///
/// rdkafka panics at a header name that is not UTF-8, which brokers allow. Such a record would end the process, and end
/// it again after each restart. rdkafka offers no safe access to the bytes of the name, so the panic is caught. The
/// panic hook has reported it by then. The panic leaves nothing half done, because reading a header changes nothing.
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
