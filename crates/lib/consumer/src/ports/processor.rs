//! The port to a layer of the warehouse: what a service does with its events.

use std::{fmt, hash::Hash};

use serde::{Serialize, Serializer};

use crate::{Message, Outcome, Record};

/// One layer of the warehouse. `receive` is pure; `store` is one transaction; neither publishes.
#[expect(async_fn_in_trait, reason = "the worker runs in the main task, nothing has to be Send")]
pub trait Processor {
    /// What a readable record becomes.
    type Event;
    /// What events have in common that must be stored one after the other.
    type Key: Eq + Hash;

    /// Decodes one record, or says at once what becomes of it ([`Outcome::Skipped`], [`Outcome::DeadLetter`]).
    ///
    /// # Errors
    /// The outcome of a record that is not an event.
    fn decode(&self, record: &Record) -> Result<Self::Event, Outcome>;

    /// By what an event is kept in order: a batch never overtakes another one that holds an event of the same key. `None`:
    /// its order does not matter. Without keys the outcome would be right as well, but events would be out of date before
    /// they are stored, and missing in the history.
    fn key(&self, event: &Self::Event) -> Option<Self::Key>;

    /// Stores events in one transaction, committed when this returns `Ok`. Storing the same events again must change
    /// nothing and return the same messages or newer ones: the loop repeats a batch whenever it is not sure. Several
    /// calls may be under way at once, for different keys.
    ///
    /// # Errors
    /// [`Failure::InvalidData`] when the warehouse refuses the data of a row and [`Failure::BatchTooLarge`] when more
    /// would follow than may be held at once (the loop halves the events), [`Failure::Dependency`] for everything else
    /// (the loop waits and repeats; when the same [`Fault`] repeats, it looks for the record).
    async fn store(&self, events: &[Self::Event]) -> Result<StoreResult, Failure>;

    /// One bounded round of the work that has no offset behind it (parked orders): stores what can be stored and hands
    /// out what is stored but not known to be sent. The same store-and-publish half as for records follows: the loop
    /// publishes the messages, and [`Processor::mark_sent`] is called after their acknowledgement.
    ///
    /// # Errors
    /// As [`Processor::store`].
    async fn poll_outbox(&mut self, _limit: usize) -> Result<OutboxBatch, Failure> {
        Ok(OutboxBatch::default())
    }

    /// Marks the messages of the last [`Processor::poll_outbox`] as sent.
    ///
    /// # Errors
    /// When the mark could not be stored: the messages are handed out again, and their readers know them.
    async fn mark_sent(&mut self) -> Result<(), Failure> {
        Ok(())
    }
}

/// What storing a batch led to.
#[derive(Debug, Default)]
pub struct StoreResult {
    /// One outcome an event, in the order of the events.
    pub outcomes: Vec<Outcome>,
    /// What has to be published before the offsets may be committed, in order.
    pub messages: Vec<Message>,
}

/// What a round of work without offsets led to.
#[derive(Debug, Default)]
pub struct OutboxBatch {
    /// What has to be published before it may be marked as sent.
    pub messages: Vec<Message>,
    /// Whether another round would find work at once.
    pub more: bool,
}

/// How many bytes of messages may follow from events that are stored together: more than one event leads to, and far less
/// than a process has. Names make an order a hundred times longer than its record, so that a bound on records
/// bounds nothing.
pub const MAX_BATCH_OUTPUT_BYTES: usize = 1 << 20;

/// Why a batch could not be stored.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A row's data is refused; repeating will not help, leaving the guilty record out will.
    #[error("refused: {0}")]
    InvalidData(String),
    /// What follows from these events would take more memory than one transaction may ([`MAX_BATCH_OUTPUT_BYTES`]):
    /// nothing is stored, and halves are asked for instead. Never said of a single event.
    #[error("what follows from these events is too much at once")]
    BatchTooLarge,
    /// A dependency is away, slow or busy; repeating will help, sooner or later.
    #[error(transparent)]
    Dependency(#[from] DependencyError),
}

/// A dependency that did not do what was asked of it this time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{dependency}: {error}")]
pub struct DependencyError {
    /// Which one.
    pub dependency: Dependency,
    /// What it said; without secrets.
    pub error: String,
    /// What is to be thought of it when it repeats.
    pub fault: Fault,
}

/// A system that a service needs: a broker, a database, a cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dependency {
    /// Its name in logs, metrics and `/ready`: `postgres`.
    pub name: &'static str,
    /// The setting that says where it is: `DATABASE_URL`.
    pub setting: &'static str,
}

/// What stores the events of a processor, for an error that names no dependency of its own.
const STORE: Dependency = Dependency { name: "postgres", setting: "DATABASE_URL" };

impl fmt::Display for Dependency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name)
    }
}

impl Serialize for Dependency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name)
    }
}

/// How a dependency has failed: as a whole, or over the work it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It is away, starts, stops or has no room: whatever it is asked, it would not do now.
    Unreachable,
    /// It is there, and did not do this. The text is the kind of its error (an SQLSTATE), without anything that differs
    /// from one time to the next: by it the loop knows that the same error repeats.
    Rejected(String),
    /// It is there or not, and this took longer than anything may take.
    TimedOut,
}

impl DependencyError {
    /// A dependency that is away, and what it said.
    pub fn new(dependency: Dependency, error: impl fmt::Display) -> Self {
        Self { dependency, error: error.to_string(), fault: Fault::Unreachable }
    }

    /// The same, with another fault.
    #[must_use]
    pub fn with(self, fault: Fault) -> Self {
        Self { fault, ..self }
    }
}

impl From<Failure> for DependencyError {
    /// For work that cannot be bisected: a refusal there waits and repeats like everything else.
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::InvalidData(error) => Self::new(STORE, error).with(Fault::Rejected("refused".to_owned())),
            Failure::BatchTooLarge => Self::new(STORE, failure).with(Fault::Rejected("too much".to_owned())),
            Failure::Dependency(unavailable) => unavailable,
        }
    }
}
