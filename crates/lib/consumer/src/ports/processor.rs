//! The processor port: how a service decodes its records and stores its events. Also the errors of dependencies.

use std::hash::Hash;

use crate::{Dependency, DependencyError, Fault, Message, Outcome, Record};

/// Decodes and stores the records of one service. `decode` is pure. `store` is one transaction. Neither publishes.
#[expect(async_fn_in_trait, reason = "the worker runs in the main task, so futures need not be Send")]
pub trait Processor {
    /// The decoded form of a record.
    type Event;
    /// Events with the same key are stored in their order, never concurrently.
    type Key: Eq + Hash;

    /// The dependency that stores the events. It is named if it rejects data that cannot be left out.
    const STORE: Dependency;

    /// Decodes one record, or returns its outcome ([`Outcome::Skipped`], [`Outcome::DeadLetter`]).
    ///
    /// # Errors
    /// The outcome of a record that is not an event.
    fn decode(&self, record: &Record) -> Result<Self::Event, Outcome>;

    /// The key that orders events: two batches with events of the same key are never in flight together. `None`: the
    /// order of this event does not matter. Without keys the stored state would still be right, but events could be
    /// stale when they are stored, and would be missing in the history.
    fn key(&self, event: &Self::Event) -> Option<Self::Key>;

    /// Stores events in one transaction, which is committed when this returns `Ok`. Storing the same events again must
    /// change nothing and return the same messages or newer ones, because the loop repeats a batch when it does not
    /// know whether it succeeded. Several calls may run concurrently, with different keys.
    ///
    /// # Errors
    /// [`Failure::InvalidData`] if the database rejects the data of a row, and [`Failure::BatchTooLarge`] if the
    /// messages would take more than [`MAX_BATCH_OUTPUT_BYTES`]: the loop bisects the events. [`Failure::Dependency`]
    /// for any other error: the loop waits and repeats. If the same [`Fault`] repeats, it bisects as well.
    async fn store(&self, events: &[Self::Event]) -> Result<StoreResult, Failure>;

    /// One background round, of limited size: stores parked orders whose names are now known, and returns stored
    /// messages that are not marked as sent. The loop publishes the messages and calls [`Processor::mark_sent`] after
    /// their acknowledgement.
    ///
    /// # Errors
    /// As [`Processor::store`].
    async fn poll_outbox(&mut self, _limit: usize) -> Result<OutboxBatch, Failure> {
        Ok(OutboxBatch::default())
    }

    /// Marks the messages of the last [`Processor::poll_outbox`] as sent.
    ///
    /// # Errors
    /// The mark was not stored. The messages are returned and published again; consumers recognize repetitions.
    async fn mark_sent(&mut self) -> Result<(), Failure> {
        Ok(())
    }
}

/// The result of storing a batch.
#[derive(Debug, Default)]
pub struct StoreResult {
    /// The outcome of each event, in the order of the events.
    pub outcomes: Vec<Outcome>,
    /// The messages to publish before the offsets may be committed, in order.
    pub messages: Vec<Message>,
}

/// The result of [`Processor::poll_outbox`].
#[derive(Debug, Default)]
pub struct OutboxBatch {
    /// The messages to publish before they may be marked as sent.
    pub messages: Vec<Message>,
    /// Whether another round would find work at once.
    pub more: bool,
}

/// Maximum size in bytes of the messages that result from events stored together. It is more than one event can
/// produce, and far less than the memory of the process. A limit on the records would not do, because names can make an
/// order a hundred times larger than its record.
pub const MAX_BATCH_OUTPUT_BYTES: usize = 1 << 20;

/// Why a batch could not be stored.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The data of a row is rejected. Repeating does not help; leaving the offending record out does.
    #[error("rejected: {0}")]
    InvalidData(String),
    /// The messages of these events would exceed [`MAX_BATCH_OUTPUT_BYTES`]. Nothing is stored, and the loop bisects
    /// the events. Never returned for a single event.
    #[error("the messages of these events exceed the limit for one batch")]
    BatchTooLarge,
    /// A dependency is unreachable, slow or busy. Repeating helps, sooner or later.
    #[error(transparent)]
    Dependency(#[from] DependencyError),
}

impl Failure {
    /// The error of `store`, the dependency that stores the data. For work that cannot be bisected: rejected data waits
    /// and repeats as any other error.
    #[must_use]
    pub fn into_dependency_error(self, store: Dependency) -> DependencyError {
        match self {
            Self::InvalidData(error) => DependencyError::new(store, error).with(Fault::Rejected("refused".to_owned())),
            Self::BatchTooLarge => DependencyError::new(store, self).with(Fault::Rejected("too much".to_owned())),
            Self::Dependency(error) => error,
        }
    }
}
