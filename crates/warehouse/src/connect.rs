//! Being let in: the errors at start-up that only a person can mend, told apart from an outage.

use std::{error::Error as _, io};

use pipeline::Unavailable;

use tokio_postgres::Client;

use crate::{
    Settings,
    error::{describe, unavailable},
};

/// Why there is no connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The server is there and says no: the password is wrong, the database does not exist, the certificate is not
    /// trusted. Waiting does not help; a service ends and says so.
    #[error("DATABASE_URL: {0}")]
    Refused(String),
    /// Nobody answers, or the server is not ready. Waiting helps.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Opens a connection outside the pool, for work that is no batch. It closes when the client is dropped.
pub(crate) async fn connect(settings: &Settings) -> Result<Client, Denied> {
    let (client, connection) = settings.config.connect(settings.tls.clone()).await.map_err(|error| denied(&error))?;
    // What ends a connection ends the statement in flight as well, with the same error.
    tokio::spawn(connection);
    Ok(client)
}

/// Tells the two apart for an error met while connecting.
pub(crate) fn denied(error: &tokio_postgres::Error) -> Denied {
    if is_refused(error) { Denied::Refused(describe(error)) } else { unavailable("connect", error).into() }
}

fn is_refused(error: &tokio_postgres::Error) -> bool {
    if let Some(sqlstate) = error.code().map(tokio_postgres::error::SqlState::code) {
        // Bad credentials or no entry in pg_hba.conf; no such database; no right to connect to it.
        return sqlstate.starts_with("28") || matches!(sqlstate, "3D000" | "42501");
    }
    match error.source() {
        // A handshake cut short is an outage; one that ended in a dispute over a certificate is not.
        Some(cause) if cause.is::<native_tls::Error>() => cause.to_string().contains("certificate"),
        // Name resolution, refused or lost connections.
        Some(cause) => !cause.is::<io::Error>(),
        None => false,
    }
}
