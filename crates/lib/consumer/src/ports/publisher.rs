//! The publisher port: messages for the destination topic, and dead letters.

use std::time::SystemTime;

use crate::{DependencyError, Record, Rejection};

/// A message for the destination topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The key of the record. It selects the partition, so that all messages of one user stay in order.
    pub key: String,
    /// The JSON text.
    pub value: Vec<u8>,
}

impl Message {
    /// The size in bytes that counts against the limit of the destination topic: key and value.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.key.len() + self.value.len()
    }
}

/// A record for the dead-letter topic, with the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The original record. Its key, value, headers and timestamp are kept.
    pub record: Record,
    /// Why it was rejected.
    pub rejection: Rejection,
    /// When it was rejected.
    pub failed_at: SystemTime,
}

/// Sends messages and dead letters.
#[expect(async_fn_in_trait, reason = "the worker runs in the main task, so futures need not be Send")]
pub trait Publisher {
    /// Publishes all messages and returns when the broker has acknowledged every one. Messages with the same key keep
    /// their order. After an error, some may have been written. Publishing all of them again is harmless.
    ///
    /// # Errors
    /// A message was not acknowledged.
    async fn publish(&self, messages: &[Message], dead_letters: &[DeadLetter]) -> Result<(), DependencyError>;
}
