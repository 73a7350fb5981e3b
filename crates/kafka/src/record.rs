//! A record, copied out of the client's buffer.

use std::sync::Arc;

use pipeline::Record;
use rdkafka::message::{BorrowedMessage, Headers, Message};

/// A message as a record of `topic`, the one topic we read: its name is shared, not copied.
pub(crate) fn owned(topic: &Arc<str>, message: &BorrowedMessage<'_>) -> Record {
    let headers = message.headers().map(|headers| {
        let owned =
            |header: rdkafka::message::Header<'_, &[u8]>| (header.key.to_owned(), header.value.map(<[u8]>::to_vec));
        headers.iter().map(owned).collect()
    });
    Record {
        topic: Arc::clone(topic),
        partition: message.partition(),
        offset: message.offset(),
        timestamp: message.timestamp().to_millis(),
        key: message.key().map(<[u8]>::to_vec),
        value: message.payload().map(<[u8]>::to_vec),
        headers: headers.unwrap_or_default(),
    }
}
