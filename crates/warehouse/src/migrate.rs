//! The schema: the numbered files of `sql/migrations`, compiled in and applied once, however many start at once.

use std::error::Error as _;

use refinery::Runner;
use tokio_postgres::Client;

use crate::{
    Settings,
    connect::{Denied, connect},
    error::{describe, unavailable},
};

/// Why the schema could not be brought up to date, or looked at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There is no connection.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// A migration does not apply, or one that was applied has been edited since.
    #[error("{0}")]
    Failed(String),
}

/// The history lies outside the three schemas: emptying one of them by hand must not look like a new database.
const HISTORY: &str = "public.tagmill_migrations";

/// Held by whoever migrates, to the end of its transaction. A lock of the session would stay behind in a pooler; the
/// transaction is on a connection of its own because each migration commits by itself. The number is any, but for ever.
const LOCK: &str = "BEGIN;
    SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0;
    SELECT pg_advisory_xact_lock(7224647955)";

/// Applies what is missing and returns its names, in order.
///
/// A database that is ahead of this program is left as it is: migrations only ever add, so the previous release runs on
/// the next one's schema, and a rollback of the program is no reason to stop.
///
/// # Errors
/// When it cannot; what was applied before stays.
pub async fn migrate(settings: &Settings) -> Result<Vec<String>, Error> {
    let lock = connect(settings).await?;
    lock.batch_execute(LOCK).await.map_err(|error| failed("lock", &error))?;
    let mut client = connect(settings).await?;
    let report = runner().run_async(&mut client).await.map_err(|error| explain(&error))?;
    lock.batch_execute("COMMIT").await.map_err(|error| failed("unlock", &error))?;
    Ok(report.applied_migrations().iter().map(ToString::to_string).collect())
}

/// The names of the migrations this program needs and the database lacks, in order.
///
/// # Errors
/// When the database does not tell.
pub async fn pending(settings: &Settings) -> Result<Vec<String>, Error> {
    let mut client = connect(settings).await?;
    let runner = runner();
    let applied = match has_history(&client).await.map_err(|error| failed("look", &error))? {
        true => runner.get_applied_migrations_async(&mut client).await.map_err(|error| explain(&error))?,
        false => Vec::new(),
    };
    let mut missing = runner.get_migrations().clone();
    missing.retain(|needed| applied.iter().all(|applied| applied.version() != needed.version()));
    missing.sort();
    Ok(missing.iter().map(ToString::to_string).collect())
}

async fn has_history(client: &Client) -> Result<bool, tokio_postgres::Error> {
    client.query_one("SELECT to_regclass($1::text) IS NOT NULL", &[&HISTORY]).await?.try_get(0)
}

fn runner() -> Runner {
    let mut runner = embedded::migrations::runner().set_abort_missing(false);
    runner.set_migration_table_name(HISTORY);
    runner
}

/// refinery's errors end with «db error»; what PostgreSQL said is in their cause.
fn explain(error: &refinery::Error) -> Error {
    match error.source().and_then(|cause| cause.downcast_ref()) {
        Some(cause) => failed(&format!("migrate: {error}"), cause),
        None => Error::Failed(format!("migrate: {error}")),
    }
}

/// An answer of the server is final, its absence is not.
fn failed(step: &str, error: &tokio_postgres::Error) -> Error {
    match error.as_db_error() {
        Some(_) => Error::Failed(format!("{step}: {}", describe(error))),
        None => Denied::Unavailable(unavailable(step, error)).into(),
    }
}

mod embedded {
    //! What the macro makes of the files.
    refinery::embed_migrations!("../../sql/migrations");
}
