//! Messages for `stg-service-orders`.

use consumer::Message;

/// The message of an order. The user is its key, so that all orders of a user stay in sequence.
pub(crate) fn message(user_id: &str, enriched: &str) -> Message {
    Message { key: user_id.to_owned(), value: enriched.as_bytes().to_vec() }
}
