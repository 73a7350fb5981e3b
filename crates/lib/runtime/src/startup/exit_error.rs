//! Why a process refuses to work, as one line for the person who configured it and an exit code for the machine.

use consumer::{DependencyError, Failure};

/// The line names the setting and says what to do; it never repeats a value that may be secret.
///
/// An outage is no refusal: whatever may pass by itself is waited out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExitError {
    /// A setting is missing or malformed.
    #[error("{0}")]
    Config(String),
    /// What a setting points to is missing (topic, database, table, file), or turns us away (credentials, certificate).
    #[error("{0}")]
    Unavailable(String),
}

/// `EX_USAGE` of `sysexits.h`.
const EX_USAGE: u8 = 64;

/// `EX_UNAVAILABLE` of `sysexits.h`.
pub(crate) const EX_UNAVAILABLE: u8 = 69;

impl ExitError {
    /// The exit code. A supervisor that sees either need not try again
    /// before somebody has changed something.
    #[must_use]
    pub const fn code(&self) -> u8 {
        match self {
            Self::Config(_) => EX_USAGE,
            Self::Unavailable(_) => EX_UNAVAILABLE,
        }
    }
}

/// What a command says about a dependency that is away. It does not wait: whoever called it wants an answer, and can call
/// it again.
impl From<DependencyError> for ExitError {
    fn from(DependencyError { dependency, error, .. }: DependencyError) -> Self {
        Self::Unavailable(format!("{}: {error}", dependency.setting))
    }
}

impl From<Failure> for ExitError {
    fn from(failure: Failure) -> Self {
        DependencyError::from(failure).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_has_its_code() {
        assert_eq!(ExitError::Config(String::new()).code(), 64);
        assert_eq!(ExitError::Unavailable(String::new()).code(), 69);
    }
}
