//! Outcomes of a record: stored, unchanged, stale, deferred, skipped, dead letter.

use std::borrow::Cow;

/// The outcome of one record. A failure of a dependency is not an outcome: it stops the batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It changed the database.
    Stored,
    /// The database already contains it. Its messages are published again, because they may have been lost the first
    /// time.
    Unchanged,
    /// The database contains a newer version. Nothing was written.
    Stale,
    /// It is stored, but not published until a missing name is known.
    Deferred,
    /// It is not a message for this service. The text is its kind (a service message, a tombstone).
    Skipped(&'static str),
    /// It can never be used. It goes to the dead-letter topic.
    DeadLetter(Rejection),
}

impl Outcome {
    /// The value of the label `outcome` in metrics.
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

/// Why a record is rejected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}: {error}")]
pub struct Rejection {
    /// A short, stable reason to filter and count by (`not-json`, `user-changed`).
    pub reason: &'static str,
    /// The exact error, for a person. It names the field and never contains a person's name.
    pub error: Cow<'static, str>,
}

impl Rejection {
    /// A rejection with its reason and its error.
    pub fn new(reason: &'static str, error: impl Into<Cow<'static, str>>) -> Self {
        Self { reason, error: error.into() }
    }
}
