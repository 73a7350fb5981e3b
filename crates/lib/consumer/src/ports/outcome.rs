//! What became of a record.

use std::borrow::Cow;

/// What became of one record. A failure of a dependency is none of these: it stops the batch, not the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It changed the warehouse.
    Stored,
    /// The warehouse held it already; what follows from it is published again, because the first time may have been lost.
    Unchanged,
    /// The warehouse holds something newer; it wrote nothing.
    Stale,
    /// It is kept, and waits for a name.
    Deferred,
    /// It is none of our business; the text is its kind (a service message, a tombstone).
    Skipped(&'static str),
    /// It cannot be used, now or later: it goes to the dead-letter topic.
    DeadLetter(Rejection),
}

impl Outcome {
    /// The label under which metrics count it.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Unchanged => "unchanged",
            Self::Stale => "stale",
            Self::Deferred => "deferred",
            Self::Skipped(_) => "skipped",
            Self::DeadLetter(_) => "dead_letter",
        }
    }
}

/// Why a record is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}: {error}")]
pub struct Rejection {
    /// A short, stable word to filter and count by (`not-json`, `user-changed`).
    pub reason: &'static str,
    /// What exactly is wrong, for a person; names the field, never repeats a person's name.
    pub error: Cow<'static, str>,
}

impl Rejection {
    /// A rejection with its reason and an explanation.
    pub fn new(reason: &'static str, error: impl Into<Cow<'static, str>>) -> Self {
        Self { reason, error: error.into() }
    }
}
