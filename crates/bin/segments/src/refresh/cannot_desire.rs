//! Why the users who should be members of a segment cannot be found.

use consumer::{DependencyError, Failure};

use super::login::SqlError;

/// Why there is no desired set.
#[derive(Debug)]
pub(super) enum CannotDesire {
    /// The parameters, the SQL or a segment to include is wrong.
    Failed(String),
    /// The database did not answer.
    Failure(Failure),
}

impl From<Failure> for CannotDesire {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<SqlError> for CannotDesire {
    fn from(SqlError(error): SqlError) -> Self {
        Self::Failed(error)
    }
}

impl From<DependencyError> for CannotDesire {
    fn from(error: DependencyError) -> Self {
        Self::Failure(error.into())
    }
}
