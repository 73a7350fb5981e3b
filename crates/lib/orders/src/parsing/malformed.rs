//! Why a record cannot be read.

/// A record that is no event of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// It is meant for somebody else (a service message, a tombstone); the text is its kind.
    #[error("{0}")]
    Ignored(&'static str),
    /// It is meant for us and cannot be read, now or later.
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

/// A record that is wrong: a short word to filter by, and what exactly is wrong. Never holds a value of a name field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct Malformed {
    /// A short, stable word: `not-json`, `missing-field`, `wrong-type`, `out-of-range`, `bad-date`, `bad-text`,
    /// `from-the-future`.
    pub reason: &'static str,
    /// What is wrong, with the path of the field.
    pub error: String,
}

impl Malformed {
    pub(crate) fn new(reason: &'static str, error: impl Into<String>) -> Self {
        Self { reason, error: error.into() }
    }
}
