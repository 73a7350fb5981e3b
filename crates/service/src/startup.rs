//! Why something could not be got ready at the start: to give up, or to try again.

use consumer::DependencyError;
use database::ConnectError;

use crate::Refusal;

/// The difference between a mistake and an outage.
#[derive(Debug, thiserror::Error)]
pub enum Startup {
    /// Trying again will not help.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Trying again will help, sooner or later.
    #[error(transparent)]
    Unavailable(#[from] DependencyError),
}

impl From<ConnectError> for Startup {
    fn from(connect_error: ConnectError) -> Self {
        match connect_error {
            ConnectError::Rejected(_) => Refusal::Missing(connect_error.to_string()).into(),
            ConnectError::Unavailable(unavailable) => unavailable.into(),
        }
    }
}

impl From<database::migrate::Error> for Startup {
    fn from(error: database::migrate::Error) -> Self {
        match error {
            database::migrate::Error::ConnectError(connect_error) => connect_error.into(),
            database::migrate::Error::Failed(reason) => Refusal::Missing(format!("DATABASE_URL: {reason}")).into(),
        }
    }
}

impl From<kafka::Error> for Startup {
    fn from(error: kafka::Error) -> Self {
        match error {
            kafka::Error::Malformed { .. } => Refusal::Settings(error.to_string()).into(),
            kafka::Error::Refused { .. } | kafka::Error::Unreadable { .. } => {
                Refusal::Missing(error.to_string()).into()
            }
            kafka::Error::NoTopic(_) => Refusal::Missing(format!("KAFKA_BOOTSTRAP_SERVERS: {error}")).into(),
            kafka::Error::Unavailable(unavailable) => unavailable.into(),
        }
    }
}

/// For a command, which does not wait for what is away.
impl From<Startup> for Refusal {
    fn from(startup: Startup) -> Self {
        match startup {
            Startup::Refused(refusal) => refusal,
            Startup::Unavailable(unavailable) => unavailable.into(),
        }
    }
}

impl From<kafka::Error> for Refusal {
    fn from(error: kafka::Error) -> Self {
        Startup::from(error).into()
    }
}

#[cfg(test)]
mod tests;
