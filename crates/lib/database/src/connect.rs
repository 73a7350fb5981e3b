//! Connecting to PostgreSQL: timeout, detection of a pooler, required settings of the server.

use std::time::Duration;

use consumer::{DependencyError, Fault};
use postgres_native_tls::MakeTlsConnector;
use tokio::{task::JoinHandle, time::timeout};
use tokio_postgres::{CancelToken, Client, Config, Error, SimpleQueryMessage, SimpleQueryRow};

use self::connect_error::{ConnectError, connect_error};
use crate::{Settings, error::no_answer};

pub(crate) mod connect_error;

/// A new connection.
#[derive(Debug)]
pub struct Connection {
    /// The client. Dropping it closes the connection.
    pub client: Client,
    /// Drives the connection. It ends when the client is dropped. If the connection fails, the statement in flight gets
    /// the error.
    pub(crate) driver: JoinHandle<()>,
    /// Facts about the server.
    pub server_info: ServerInfo,
}

/// Ends the statement in flight on a connection, from another one.
#[derive(Clone)]
pub struct Canceller {
    token: CancelToken,
    tls: MakeTlsConnector,
}

impl Canceller {
    /// Asks the server to end the statement. Without an answer nothing is lost: the server ends it when it notices that
    /// the client has gone.
    pub async fn cancel(&self) {
        let _ = timeout(CONNECT_TIMEOUT, self.token.cancel_query(self.tls.clone())).await;
    }
}

/// Facts about the server, read when a connection is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerInfo {
    /// The version of the server.
    pub version: String,
    /// Whether the connection leads to the server itself. Then the state of a session is kept, in particular named
    /// statements. Behind a pooler, the next transaction may run in another session, where a name is unknown or, worse,
    /// belongs to a statement of another client.
    pub direct: bool,
    /// Whether commits survive a power loss: `fsync` and `full_page_writes` are on.
    pub durable: bool,
}

/// Timeout of connecting, including TLS, login and the first query (`connect_timeout` of the URL limits only TCP). With
/// a shorter timeout, a database at its limit is never reached. With a longer one, `/ready` shows the reason too late.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A startup option without effect. A server keeps it for its session. A pooler, whose sessions were opened before,
/// rejects or ignores it.
const DIRECT_MARKER: &str = "-c tagmill.direct=on";

/// Runs in the simple protocol, which needs no prepared statement, because it is not known yet whether there is a
/// pooler.
const SERVER_INFO: &str = include_str!("sql/select_server_info.sql");

/// Settings that every connection must have and that a transaction cannot set: the column of `select_server_info.sql`,
/// the setting, its value, and advice.
const REQUIRED: [(usize, &str, &str, &str); 4] = [
    // Another encoding cannot store every name, and orders with such a name would be rolled back for ever.
    (2, "server_encoding", "UTF8", "create the database with ENCODING 'UTF8'"),
    // The driver always reads and writes UTF-8.
    (3, "client_encoding", "UTF8", "let the pooler pass client_encoding on, or set it to UTF8 there"),
    // `replica` switches foreign keys off.
    (4, "session_replication_role", "origin", "ALTER ROLE or DATABASE … RESET session_replication_role"),
    // The summary detects changed counters by the statistics of PostgreSQL.
    (5, "track_counts", "on", "ALTER ROLE or DATABASE … RESET track_counts, or set it in postgresql.conf"),
];

impl Connection {
    /// What ends the statement in flight.
    #[must_use]
    pub fn canceller(&self, settings: &Settings) -> Canceller {
        Canceller { token: self.client.cancel_token(), tls: settings.tls.clone() }
    }
}

/// Opens a connection, reads facts about the server and verifies its settings.
///
/// # Errors
/// [`ConnectError::Rejected`] if a setting is wrong, [`ConnectError::Unavailable`] during an outage.
pub async fn connect(settings: &Settings) -> Result<Connection, ConnectError> {
    connect_with(settings, "").await
}

/// The same with more options of the session. Behind a pooler they have no effect.
pub(crate) async fn connect_with(settings: &Settings, options: &str) -> Result<Connection, ConnectError> {
    let refused = |error: Error| connect_error(&error, settings.role.ca_file);
    let connecting = async {
        let (client, driver) = match open(&marked(&settings.config, options), settings).await {
            Err(error) if rejects_marker(&error) => open(&settings.config, settings).await,
            opened => opened,
        }
        .map_err(refused)?;
        let answer = client.simple_query(SERVER_INFO).await.map_err(refused)?;
        let row = answer.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        let server_info = read_server_info(row, settings.role.verified)?;
        Ok(Connection { client, driver, server_info })
    };
    timeout(CONNECT_TIMEOUT, connecting)
        .await
        .unwrap_or_else(|_| Err(no_answer("connect", CONNECT_TIMEOUT).with(Fault::Unreachable).into()))
        .map_err(|error: ConnectError| error.of(settings.role.dependency))
}

async fn open(config: &Config, settings: &Settings) -> Result<(Client, JoinHandle<()>), Error> {
    let (client, connection) = config.connect(settings.tls.clone()).await?;
    let driver = tokio::spawn(async move {
        // An error of the connection ends the statement in flight with the same error.
        let _ = connection.await;
    });
    Ok((client, driver))
}

/// The configuration with [`DIRECT_MARKER`] and `options` added to the options of the URL. The last one of a name counts.
fn marked(config: &Config, options: &str) -> Config {
    let mut marked = config.clone();
    let url = config.get_options().map(|options| format!("{options} ")).unwrap_or_default();
    marked.options(format!("{url}{DIRECT_MARKER}{options}"));
    marked
}

/// Whether the error may be caused by the startup option. pgbouncer reports a protocol violation; a server that allows
/// no settings of that name has other codes. If the cause is another one, connecting without the option reports it.
fn rejects_marker(error: &Error) -> bool {
    error.code().is_some_and(|sqlstate| matches!(sqlstate.code(), "08P01" | "0A000" | "22023" | "42602" | "42704"))
}

fn read_server_info(row: Option<&SimpleQueryRow>, verified: bool) -> Result<ServerInfo, ConnectError> {
    let Some((row, version)) = row.and_then(|row| Some((row, row.get(0)?))) else {
        return Err(DependencyError::new(crate::POSTGRES, "connect: the server does not report its version").into());
    };
    if verified {
        verify(|column| row.get(column))?;
    }
    let is_on = |column| row.get(column) == Some("on");
    Ok(ServerInfo { version: version.to_owned(), direct: is_on(1), durable: is_on(6) && is_on(7) })
}

/// Rejects a connection whose settings would change the stored data or the results of queries.
fn verify<'a>(value_of: impl Fn(usize) -> Option<&'a str>) -> Result<(), ConnectError> {
    for (column, setting, required, advice) in REQUIRED {
        let value = value_of(column).unwrap_or_default();
        if value != required {
            return Err(ConnectError::rejected(match setting {
                "server_encoding" => format!("the database's encoding is {value}, not {required}; {advice}"),
                _ => format!("{setting} is {value}, not {required}; {advice}"),
            }));
        }
    }
    Ok(())
}
