//! Errors that end the process: one line for an operator, and an exit code.

use consumer::{DependencyError, Failure};
use database::POSTGRES;

/// The line names the setting and says what to do. It never repeats a value that may be secret. A running service waits
/// for a dependency that is unreachable, and does not exit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExitError {
    /// A setting is missing or malformed.
    #[error("{0}")]
    Config(String),
    /// The topic, database, table or file of a setting is missing, or rejects the credentials or the certificate.
    #[error("{0}")]
    Unavailable(String),
}

/// `EX_USAGE` of `sysexits.h`.
const EX_USAGE: u8 = 64;

/// `EX_UNAVAILABLE` of `sysexits.h`.
pub(crate) const EX_UNAVAILABLE: u8 = 69;

impl ExitError {
    /// The exit code. A restart does not help until the cause is removed.
    #[must_use]
    pub const fn code(&self) -> u8 {
        match self {
            Self::Config(_) => EX_USAGE,
            Self::Unavailable(_) => EX_UNAVAILABLE,
        }
    }
}

/// A command does not wait for a dependency. It reports the error, and can be repeated.
impl From<DependencyError> for ExitError {
    fn from(DependencyError { dependency, error, .. }: DependencyError) -> Self {
        Self::Unavailable(format!("{}: {error}", dependency.setting))
    }
}

impl From<Failure> for ExitError {
    fn from(failure: Failure) -> Self {
        failure.into_dependency_error(POSTGRES).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rejection_has_its_exit_code() {
        assert_eq!(ExitError::Config(String::new()).code(), 64);
        assert_eq!(ExitError::Unavailable(String::new()).code(), 69);
    }
}
