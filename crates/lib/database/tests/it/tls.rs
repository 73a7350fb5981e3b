//! Every `sslmode` with a server whose self-signed certificate is for `localhost` and for no address.

use std::path::{Path, PathBuf};

use database::{ConnectError, Database, Settings};
use devstack::{Options, Stack};

use crate::fresh_database::sql;

/// Runs in the data directory of the server, as its user, so that the key has the required permissions.
const MAKE_CERTIFICATE: &str = "COPY (SELECT) TO PROGRAM 'openssl req -x509 -newkey rsa:2048 -nodes -days 2 \
    -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout server.key -out server.crt 2>&1'";

/// The result of an attempt to connect.
#[derive(Debug, PartialEq)]
enum Reached {
    Plain,
    Encrypted,
    Refused,
}

use Reached::{Encrypted, Plain, Refused};

#[tokio::test]
async fn each_sslmode_verifies_as_much_as_it_promises() -> anyhow::Result<()> {
    let stack = Stack::start(Options::for_tests()).await?;
    let url = stack.endpoints().database_url("postgres");
    let stranger = certificate(&url, &stack.folder().join("stranger.crt")).await?;
    let trusted = certificate(&url, &stack.folder().join("trusted.crt")).await?;
    command(&url, "ALTER SYSTEM SET ssl = on").await?;
    stack.postgres().stop().await?;
    stack.postgres().start().await?;

    let table = [
        ("disable", "127.0.0.1", None, Plain),
        ("prefer", "127.0.0.1", None, Encrypted),
        ("require", "127.0.0.1", None, Encrypted),
        ("require", "127.0.0.1", Some(&trusted), Encrypted),
        ("require", "127.0.0.1", Some(&stranger), Refused),
        ("verify-ca", "127.0.0.1", Some(&trusted), Encrypted),
        ("verify-ca", "localhost", Some(&stranger), Refused),
        ("verify-ca", "localhost", None, Refused),
        ("verify-full", "localhost", Some(&trusted), Encrypted),
        ("verify-full", "127.0.0.1", Some(&trusted), Refused),
        ("verify-full", "localhost", Some(&stranger), Refused),
        ("verify-full", "localhost", None, Refused),
    ];
    for (mode, host, ca_file, expected) in table {
        let url = url.replace("127.0.0.1", host).replace("sslmode=disable", &format!("sslmode={mode}"));
        let reached = reach(&url, ca_file).await?;
        assert_eq!(reached, expected, "{mode} to {host} with {ca_file:?}");
    }
    Ok(())
}

async fn reach(url: &str, ca_file: Option<&PathBuf>) -> anyhow::Result<Reached> {
    let database = Database::new(&Settings::from_url(url, ca_file.map(PathBuf::as_path), 1)?);
    match database.ping().await {
        Ok(_) => {}
        Err(ConnectError::Rejected { .. }) => return Ok(Refused),
        Err(ConnectError::Unavailable(away)) => return Err(away.into()),
    }
    let tx = database.begin_batch().await?;
    let rows = tx.query(&sql("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"), []).await?;
    Ok(if rows[0].try_get(0)? { Encrypted } else { Plain })
}

/// Creates a new certificate for the server and copies it to `copy`.
async fn certificate(url: &str, copy: &Path) -> anyhow::Result<PathBuf> {
    command(url, MAKE_CERTIFICATE).await?;
    let tx = Database::new(&Settings::from_url(url, None, 1)?).begin_batch().await?;
    let rows = tx.query(&sql("SELECT pg_read_file('server.crt')"), []).await?;
    std::fs::write(copy, rows[0].try_get::<_, &str>(0)?)?;
    Ok(copy.to_owned())
}

/// Runs a command that cannot run in a transaction.
async fn command(url: &str, command: &str) -> anyhow::Result<()> {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    Ok(client.batch_execute(command).await?)
}
