//! Connection errors: rejections, which need a person to act, and outages.

use std::{error::Error as _, io};

use consumer::{Dependency, DependencyError};
use tokio_postgres::Error;

use crate::error::{describe, unavailable};

/// Why there is no connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// The server is reachable and rejects the connection: the password is wrong, the database does not exist, the
    /// certificate is not trusted. Waiting does not help, so the service ends with this error.
    #[error("{}: {reason}", dependency.setting)]
    Rejected {
        /// The database.
        dependency: Dependency,
        /// The error, with advice.
        reason: String,
    },
    /// The server is unreachable or not ready. Waiting helps.
    #[error(transparent)]
    Unavailable(#[from] DependencyError),
}

impl From<ConnectError> for DependencyError {
    /// For a service that was connected before: a changed password is changed back, or the service gets the new one.
    fn from(connect_error: ConnectError) -> Self {
        match connect_error {
            ConnectError::Rejected { dependency, reason } => Self::new(dependency, format_args!("connect: {reason}")),
            ConnectError::Unavailable(unavailable) => unavailable,
        }
    }
}

impl ConnectError {
    /// A rejection by the database of `DATABASE_URL`.
    pub(crate) fn rejected(reason: String) -> Self {
        Self::Rejected { dependency: crate::POSTGRES, reason }
    }

    /// The same error of another database.
    pub(crate) fn of(self, dependency: Dependency) -> Self {
        match self {
            Self::Rejected { reason, .. } => Self::Rejected { dependency, reason },
            Self::Unavailable(error) => Self::Unavailable(DependencyError { dependency, ..error }),
        }
    }
}

/// Classifies an error of connecting. A rejection includes advice, which names the setting `ca_file`.
pub(crate) fn connect_error(error: &Error, ca_file: &str) -> ConnectError {
    let rejection = match error.as_db_error() {
        Some(said) => rejection(said.code().code(), said.message()).map(|advice| (describe(error), advice.to_owned())),
        None => tls_error(error, ca_file),
    };
    match rejection {
        Some((reason, advice)) => ConnectError::rejected(format!("{reason}; {advice}")),
        None => unavailable("connect", error).into(),
    }
}

/// Advice for an error code of the server or of a pooler. `None`: the error may end by itself.
fn rejection(sqlstate: &str, message: &str) -> Option<&'static str> {
    match sqlstate {
        "28000" => Some("look at the user in the URL, and at the server's pg_hba.conf"),
        "3D000" => Some("create the database, or look at its name in the URL"),
        "42501" => Some("grant the user the right to connect"),
        _ if sqlstate.starts_with("28") => Some("look at the user and the password in the URL"),
        // pgbouncer 1.18 uses one code for everything.
        "08P01" if message.contains("authentication failed") || message.contains("no such user") => {
            Some("look at the user and the password in the URL")
        }
        "08P01" if message.contains("no such database") => Some("look at the name of the database in the URL"),
        "08P01" if message.contains("SSL required") => Some("set sslmode=verify-full in the URL"),
        _ => None,
    }
}

/// Advice for an error that was not reported by the server. `None` for outages: an interrupted handshake, a name that
/// does not resolve, a connection that is refused or lost.
fn tls_error(error: &Error, ca_file: &str) -> Option<(String, String)> {
    let cause = error.source()?;
    let reason = cause.to_string();
    if cause.is::<native_tls::Error>() {
        return certificates::rejected(&reason, ca_file);
    }
    if cause.is::<io::Error>() {
        return None;
    }
    let advice = if reason.contains("TLS") {
        "enable TLS on the server, or change sslmode in the URL"
    } else if reason.contains("password") {
        "add it to the URL"
    } else {
        "look at the URL"
    };
    Some((describe(error), advice.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::rejection;

    #[test]
    fn a_pooler_that_cannot_reach_its_server_is_an_outage() {
        assert_eq!(rejection("08P01", "pgbouncer cannot connect to server"), None);
        assert_eq!(rejection("53300", "sorry, too many clients already"), None);
        assert_eq!(rejection("57P03", "the database system is starting up"), None);
    }
}
