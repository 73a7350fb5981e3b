//! A pooled connection, with the manager that opens it for the pool.

use std::{ops::Deref, sync::LazyLock};

use deadpool::managed::{self, Metrics, RecycleError, RecycleResult};
use deadpool_postgres::ClientWrapper;

use crate::{
    Settings,
    connect::connect_error::ConnectError,
    connect::{Connection, ServerInfo, connect_with},
};

/// A connection. It is closed when dropped.
#[derive(Debug)]
pub(crate) struct Session {
    client: ClientWrapper,
    server_info: ServerInfo,
}

/// The options of a session, for statements outside a transaction block.
static OPTIONS: LazyLock<String> =
    LazyLock::new(|| options(concat!(include_str!("sql/stated.sql"), include_str!("sql/session.sql"))));

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
        let Connection { client, driver, server_info } = connect_with(&self.0, &OPTIONS).await?;
        Ok(Session { client: ClientWrapper::new(client, driver), server_info })
    }

    /// The driver knows when an idle connection was lost. A query to check each one would cost a round trip per batch.
    async fn recycle(&self, session: &mut Session, _: &Metrics) -> RecycleResult<ConnectError> {
        if session.is_closed() { Err(RecycleError::message("closed")) } else { Ok(()) }
    }
}

/// The lines `SET LOCAL name = value;` of a file as options of a connection: ` -c name=value`. A backslash escapes a space.
fn options(sql: &str) -> String {
    let settings = sql.lines().filter_map(|line| line.strip_prefix("SET LOCAL ")?.strip_suffix(';')?.split_once(" = "));
    let option = |(name, value): (&str, &str)| format!(" -c {name}={}", value.trim_matches('\'').replace(' ', "\\ "));
    settings.map(option).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_becomes_an_option() {
        let sql = "-- A comment.\nSET LOCAL search_path = pg_catalog, pg_temp;\n\nSET LOCAL datestyle = 'ISO, YMD';\n";
        assert_eq!(options(sql), " -c search_path=pg_catalog,\\ pg_temp -c datestyle=ISO,\\ YMD");
        let all = concat!(include_str!("sql/stated.sql"), include_str!("sql/session.sql"));
        assert_eq!(OPTIONS.matches(" -c ").count(), all.matches("SET LOCAL").count());
    }
}
