//! Reasons why a record cannot be used: ignored or malformed.

/// A record that is not an event for the reader.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// It is not a message for this service (a service message, a tombstone). The text is its kind.
    #[error("{0}")]
    Ignored(&'static str),
    /// It is a message for this service that can never be parsed.
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

/// A malformed record: a short reason to filter by, and the exact error. Never contains the value of a name field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct Malformed {
    /// A short, stable reason: `not-json`, `missing-field`, `wrong-type`, `out-of-range`, `bad-date`, `bad-text`,
    /// `from-the-future`.
    pub reason: &'static str,
    /// The error, with the path of the field.
    pub error: String,
}

impl Malformed {
    pub(crate) fn new(reason: &'static str, error: impl Into<String>) -> Self {
        Self { reason, error: error.into() }
    }
}
