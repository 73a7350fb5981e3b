//! Why something could not be got ready at the start: to give up, or to try again.

use consumer::DependencyError;
use database::ConnectError;

use crate::ExitError;

/// The difference between a mistake and an outage.
#[derive(Debug, thiserror::Error)]
pub enum StartupError {
    /// Trying again will not help.
    #[error(transparent)]
    Refused(#[from] ExitError),
    /// Trying again will help, sooner or later.
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

/// For a command, which does not wait for what is away.
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
