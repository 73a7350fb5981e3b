//! Errors of a start: permanent ones, which end the process, and outages, which are retried.

use consumer::DependencyError;
use database::ConnectError;

use crate::ExitError;

/// An error of a start.
#[derive(Debug, thiserror::Error)]
pub enum StartupError {
    /// A permanent error: the process exits.
    #[error(transparent)]
    Refused(#[from] ExitError),
    /// An outage: the attempt is repeated.
    #[error(transparent)]
    Unavailable(#[from] DependencyError),
}

impl From<ConnectError> for StartupError {
    fn from(connect_error: ConnectError) -> Self {
        match connect_error {
            ConnectError::Rejected { .. } => ExitError::Unavailable(connect_error.to_string()).into(),
            ConnectError::Unavailable(unavailable) => unavailable.into(),
        }
    }
}

impl From<database::migrate::Error> for StartupError {
    fn from(error: database::migrate::Error) -> Self {
        match error {
            database::migrate::Error::ConnectError(connect_error) => connect_error.into(),
            database::migrate::Error::Failed { dependency, reason } => {
                ExitError::Unavailable(format!("{}: {reason}", dependency.setting)).into()
            }
        }
    }
}

/// For a command, which does not wait for an unreachable dependency.
impl From<StartupError> for ExitError {
    fn from(startup_error: StartupError) -> Self {
        match startup_error {
            StartupError::Refused(exit_error) => exit_error,
            StartupError::Unavailable(unavailable) => unavailable.into(),
        }
    }
}

#[cfg(test)]
mod tests;
