//! Being let in, and learning by whom: the server itself, or a pooler in front of it.

use std::time::Duration;

use consumer::{DependencyError, Fault};
use tokio::{task::JoinHandle, time::timeout};
use tokio_postgres::{Client, Config, Error, SimpleQueryMessage, SimpleQueryRow};

use crate::{
    Settings,
    connect_error::{ConnectError, connect_error},
    error::no_answer,
};

/// A connection that was just opened.
pub(crate) struct Connected {
    pub(crate) client: Client,
    /// Moves its bytes; ends when the client is dropped, and ends the statement in flight with its own error.
    pub(crate) driver: JoinHandle<()>,
    pub(crate) server_info: ServerInfo,
}

/// Who answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerInfo {
    /// The version of the server.
    pub version: String,
    /// Whether the server itself is at the other end. Then what a session keeps is kept for us, named statements above
    /// all. Behind a pooler the next transaction may find itself in another session, where a name is unknown or, worse,
    /// somebody else's statement.
    pub direct: bool,
    /// Whether the server keeps what it has committed through a power loss: `fsync` and `full_page_writes` are on.
    pub durable: bool,
}

/// How long connecting may take, TLS, login and greeting included (the URL's `connect_timeout` bounds only TCP). Shorter,
/// and a database at its limit is never reached; longer, and `/ready` is silent about why nothing happens.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A startup option that means nothing to anybody. A server remembers it for the session it belongs to; a pooler, whose
/// sessions were opened before we came, refuses it or drops it.
const DIRECT_MARKER: &str = "-c tagmill.direct=on";

/// In the simple protocol, which needs no statement: this is asked before it is known who answers.
const SERVER_INFO: &str = include_str!("sql/select_server_info.sql");

/// Settings that every connection must have and that a transaction cannot state: the column of `ping.sql`, the setting,
/// its value, and advice.
const REQUIRED: [(usize, &str, &str, &str); 4] = [
    // Another encoding cannot store every name, and orders with such a name would be rolled back for ever.
    (2, "server_encoding", "UTF8", "create the database with ENCODING 'UTF8'"),
    // The driver always reads and writes UTF-8.
    (3, "client_encoding", "UTF8", "the pooler has to pass client_encoding on, or set it to UTF8"),
    // `replica` switches foreign keys off.
    (4, "session_replication_role", "origin", "ALTER ROLE or DATABASE … RESET session_replication_role"),
    // The summary notices changed counters by the statistics of PostgreSQL.
    (5, "track_counts", "on", "ALTER ROLE or DATABASE … RESET track_counts, or set it in postgresql.conf"),
];

/// Opens a connection and finds out what it leads to.
pub(crate) async fn connect(settings: &Settings) -> Result<Connected, ConnectError> {
    let connecting = async {
        let (client, driver) = match open(&marked(&settings.config), settings).await {
            Err(error) if rejects_marker(&error) => open(&settings.config, settings).await,
            opened => opened,
        }
        .map_err(|error| connect_error(&error))?;
        let answer = client.simple_query(SERVER_INFO).await.map_err(|error| connect_error(&error))?;
        let row = answer.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        let server_info = read_server_info(row)?;
        Ok(Connected { client, driver, server_info })
    };
    timeout(CONNECT_TIMEOUT, connecting)
        .await
        .unwrap_or_else(|_| Err(no_answer("connect", CONNECT_TIMEOUT).with(Fault::Unreachable).into()))
}

async fn open(config: &Config, settings: &Settings) -> Result<(Client, JoinHandle<()>), Error> {
    let (client, connection) = config.connect(settings.tls.clone()).await?;
    let driver = tokio::spawn(async move {
        // What ends a connection ends the statement in flight as well, with the same error.
        let _ = connection.await;
    });
    Ok((client, driver))
}

/// The same with the mark beside what the URL asks for.
fn marked(config: &Config) -> Config {
    let mut marked = config.clone();
    let options =
        config.get_options().map_or_else(|| DIRECT_MARKER.to_owned(), |options| format!("{options} {DIRECT_MARKER}"));
    marked.options(options);
    marked
}

/// Whether it is the startup option that was refused: a protocol violation to pgbouncer; a server that allows no settings
/// of that name has other words for it. Without the option the real reason shows, if it was another one.
fn rejects_marker(error: &Error) -> bool {
    error.code().is_some_and(|sqlstate| matches!(sqlstate.code(), "08P01" | "0A000" | "22023" | "42602" | "42704"))
}

fn read_server_info(row: Option<&SimpleQueryRow>) -> Result<ServerInfo, ConnectError> {
    let Some((row, version)) = row.and_then(|row| Some((row, row.get(0)?))) else {
        return Err(DependencyError::new(crate::POSTGRES, "connect: the server does not say who it is").into());
    };
    verify(|column| row.get(column))?;
    let is_on = |column| row.get(column) == Some("on");
    Ok(ServerInfo { version: version.to_owned(), direct: is_on(1), durable: is_on(6) && is_on(7) })
}

/// Refuses a connection whose settings would change what is stored or computed.
fn verify<'a>(told: impl Fn(usize) -> Option<&'a str>) -> Result<(), ConnectError> {
    for (column, setting, required, advice) in REQUIRED {
        let value = told(column).unwrap_or_default();
        if value != required {
            return Err(ConnectError::Rejected(match setting {
                "server_encoding" => format!("the database's encoding is {value}, not {required}; {advice}"),
                _ => format!("{setting} is {value}, not {required}; {advice}"),
            }));
        }
    }
    Ok(())
}
