//! The port to the destination topic and the dead-letter topic.

use std::time::SystemTime;

use crate::{DependencyError, Record, Rejection};

/// A message for the destination topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Decides the partition: all messages of one user stay in order.
    pub key: String,
    /// The JSON text.
    pub value: Vec<u8>,
}

impl Message {
    /// What counts against the limit of the destination topic, in bytes: the key and the value.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.key.len() + self.value.len()
    }
}

/// A record for the dead-letter topic: the original, and why it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The original; its key, value, headers and timestamp are kept.
    pub record: Record,
    /// Why it was refused.
    pub rejection: Rejection,
    /// When it was refused.
    pub failed_at: SystemTime,
}

/// Where messages go.
#[expect(async_fn_in_trait, reason = "the worker runs in the main task, nothing has to be Send")]
pub trait Publisher {
    /// Publishes all of them and returns when the broker has acknowledged every one. Messages with the same key keep
    /// their order. After an error some may have arrived; publishing all again is harmless.
    ///
    /// # Errors
    /// When one was not acknowledged.
    async fn publish(&self, messages: &[Message], dead_letters: &[DeadLetter]) -> Result<(), DependencyError>;
}
