//! A pooled connection, with the manager that opens it for the pool.

use std::ops::Deref;

use deadpool::managed::{self, Metrics, RecycleError, RecycleResult};
use deadpool_postgres::ClientWrapper;

use crate::{
    Settings,
    connect::{Connection, ServerInfo, connect},
    connect_error::ConnectError,
};

/// A connection. It is closed when dropped.
#[derive(Debug)]
pub(crate) struct Session {
    client: ClientWrapper,
    server_info: ServerInfo,
}

/// A session that returns to the pool when dropped.
pub(crate) type Pooled = managed::Object<Sessions>;

/// Opens sessions for the pool.
#[derive(Debug)]
pub(crate) struct Sessions(Settings);

impl Session {
    pub(crate) fn server_info(&self) -> &ServerInfo {
        &self.server_info
    }
}

impl Deref for Session {
    type Target = ClientWrapper;

    fn deref(&self) -> &ClientWrapper {
        &self.client
    }
}

impl Sessions {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self(settings.clone())
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0
    }
}

impl managed::Manager for Sessions {
    type Type = Session;
    type Error = ConnectError;

    async fn create(&self) -> Result<Session, ConnectError> {
        let Connection { client, driver, server_info } = connect(&self.0).await?;
        Ok(Session { client: ClientWrapper::new(client, driver), server_info })
    }

    /// The driver knows when an idle connection was lost. A query to check each one would cost a round trip per batch.
    async fn recycle(&self, session: &mut Session, _: &Metrics) -> RecycleResult<ConnectError> {
        if session.is_closed() { Err(RecycleError::message("closed")) } else { Ok(()) }
    }
}
