//! What is sent on about an order.

use consumer::Message;

/// The message of an order: all orders of a user stay in order, because the user is the key.
pub(crate) fn message(user_id: &str, enriched: &str) -> Message {
    Message { key: user_id.to_owned(), value: enriched.as_bytes().to_vec() }
}
