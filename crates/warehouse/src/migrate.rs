//! The schema: the numbered files of `sql/migrations`, compiled in and applied once, however many start at once.

use std::error::Error as _;

use refinery::{Migration, Runner};
use refinery_core::traits::r#async::{AsyncMigrate, AsyncQuery, AsyncTransaction};
use time::OffsetDateTime;
use tokio_postgres::{
    Client, SimpleQueryMessage, SimpleQueryRow,
    types::{ToSql, Type},
};

use crate::{
    Settings, Statement,
    connect::connect,
    denied::Denied,
    error::{describe, unavailable},
    statement,
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

/// Migrations with a history and a lock of their own.
struct Set {
    runner: fn() -> Runner,
    /// The table of the migrations that were applied.
    history: &'static str,
    /// Its number is any, but for ever.
    lock: i64,
    /// Executed before the history is looked for.
    prepare: &'static str,
}

/// The warehouse. The history lies outside the three schemas: emptying one of them by hand must not look like a new database.
const WAREHOUSE: Set = Set {
    runner: embedded::migrations::runner,
    history: "public.tagmill_migrations",
    lock: 7_224_647_955,
    prepare: "",
};

/// Schema elt. The history lies in it, because the role that owns it may have no rights in `public`. Without the right to
/// create schemas CREATE SCHEMA IF NOT EXISTS fails although the schema exists, so that is looked up first.
const ELT: Set = Set {
    runner: embedded_elt::migrations::runner,
    history: "elt.migrations",
    lock: 7_224_647_956,
    prepare: "DO $$ BEGIN IF to_regnamespace('elt') IS NULL THEN CREATE SCHEMA elt; END IF; END $$",
};

/// All of it is one transaction on one connection: a migration that fails leaves nothing behind, and a pooler has no say
/// in it. The lock is held by whoever migrates, to the end; its number is any, but for ever.
const BEGIN: &str = concat!(include_str!("begin_migration.sql"), include_str!("stated.sql"));

/// The rights that a service needs and a role lacks.
const MISSING_RIGHTS: Statement = statement!("service/select_missing_rights");

/// Each service and its role, which `sql/roles/create_service_roles.sql` creates.
const ROLES: [(&str, &str); 3] =
    [("stg-service", "tagmill_stg"), ("dds-service", "tagmill_dds"), ("cdm-service", "tagmill_cdm")];

/// Applies the missing migrations and returns their names, in order. Then grants the roles of the services what they need, as
/// far as these roles exist.
///
/// A database that is ahead of this program is left as it is: migrations only ever add, so the previous release runs on
/// the next one's schema, and a rollback of the program is no reason to stop.
///
/// # Errors
/// When it cannot; nothing is applied then.
pub async fn migrate(settings: &Settings) -> Result<Vec<String>, Error> {
    let client = begin(settings, &WAREHOUSE).await?;
    let applied = WAREHOUSE.apply(&client).await?;
    grant(&client).await.map_err(|error| failed("grant", &error))?;
    client.batch_execute("COMMIT").await.map_err(|error| failed("commit", &error))?;
    Ok(applied)
}

/// The same for schema elt, in the analytical database.
///
/// # Errors
/// When it cannot; nothing is applied then.
pub async fn migrate_elt(settings: &Settings) -> Result<Vec<String>, Error> {
    let client = begin(settings, &ELT).await?;
    let applied = ELT.apply(&client).await?;
    client.batch_execute("COMMIT").await.map_err(|error| failed("commit", &error))?;
    Ok(applied)
}

/// The names of the migrations this program needs and the database lacks, in order.
///
/// # Errors
/// When the database does not tell.
pub async fn pending(settings: &Settings) -> Result<Vec<String>, Error> {
    WAREHOUSE.pending(settings).await
}

/// The same for schema elt.
///
/// # Errors
/// When the database does not tell.
pub async fn pending_elt(settings: &Settings) -> Result<Vec<String>, Error> {
    ELT.pending(settings).await
}

/// Begins the transaction of migrations and takes their lock, after `stated.sql`, so that the function is PostgreSQL's own.
async fn begin(settings: &Settings, set: &Set) -> Result<Client, Error> {
    let client = connect(settings).await?.client;
    client.batch_execute(BEGIN).await.map_err(|error| failed("begin", &error))?;
    let lock = format!("SELECT pg_advisory_xact_lock({})", set.lock);
    client.batch_execute(&lock).await.map_err(|error| failed("lock", &error))?;
    Ok(client)
}

impl Set {
    async fn apply(&self, client: &Client) -> Result<Vec<String>, Error> {
        client.batch_execute(self.prepare).await.map_err(|error| failed("prepare", &error))?;
        let report = self.runner().run_async(&mut Begun(client)).await.map_err(|error| explain(&error))?;
        Ok(report.applied_migrations().iter().map(ToString::to_string).collect())
    }

    async fn pending(&self, settings: &Settings) -> Result<Vec<String>, Error> {
        let client = connect(settings).await?.client;
        let mut missing = self.runner().get_migrations().clone();
        if has_history(&client, self.history).await.map_err(|error| failed("look", &error))? {
            let applied = format!("SELECT version FROM {}", self.history);
            let rows = rows(&client, &applied).await.map_err(|error| failed("look", &error))?;
            missing.retain(|needed| rows.iter().all(|row| row.get(0) != Some(&needed.version().to_string())));
        }
        missing.sort();
        Ok(missing.iter().map(ToString::to_string).collect())
    }

    fn runner(&self) -> Runner {
        let mut runner = (self.runner)().set_abort_missing(false);
        runner.set_migration_table_name(self.history);
        runner
    }
}

/// Grants the roles of the services the rights they lack: all of them at first, later those on new tables.
async fn grant(client: &Client) -> Result<(), tokio_postgres::Error> {
    let exists = "SELECT rolname::text FROM pg_roles WHERE rolname::text = $1";
    for (service, role) in ROLES {
        if client.query_typed(exists, &[(&role, Type::TEXT)]).await?.is_empty() {
            continue;
        }
        let parameters: [(&(dyn ToSql + Sync), Type); 2] = [(&service, Type::TEXT), (&role, Type::TEXT)];
        for row in client.query_typed(MISSING_RIGHTS.sql, &parameters).await? {
            let (right, kind, object): (&str, &str, &str) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            client.batch_execute(&format!("GRANT {right} ON {kind} {object} TO {role}")).await?;
        }
    }
    Ok(())
}

async fn has_history(client: &Client, history: &str) -> Result<bool, tokio_postgres::Error> {
    let found = rows(client, &format!("SELECT pg_catalog.to_regclass('{history}') IS NOT NULL")).await?;
    Ok(found.first().is_some_and(|row| row.get(0) == Some("t")))
}

/// What a query returns, without naming a statement: a pooler would mix names up.
async fn rows(client: &Client, query: &str) -> Result<Vec<SimpleQueryRow>, tokio_postgres::Error> {
    let messages = client.simple_query(query).await?;
    let row = |message| if let SimpleQueryMessage::Row(row) = message { Some(row) } else { None };
    Ok(messages.into_iter().filter_map(row).collect())
}

/// refinery's way to a database, through a transaction that is ours to end: its own would begin one for each step, and
/// name its statements.
struct Begun<'c>(&'c Client);

impl AsyncTransaction for Begun<'_> {
    type Error = tokio_postgres::Error;

    async fn execute<'a, T: Iterator<Item = &'a str> + Send + 'a>(
        &'a mut self,
        steps: T,
    ) -> Result<usize, Self::Error> {
        let mut count = 0;
        for step in steps {
            self.0.batch_execute(step).await?;
            count += 1;
        }
        Ok(count)
    }
}

impl AsyncQuery<Vec<Migration>> for Begun<'_> {
    async fn query<'a>(&'a mut self, query: &'a str) -> Result<Vec<Migration>, Self::Error> {
        let read = |row: &SimpleQueryRow| {
            let (version, name) = (row.get(0)?.parse().ok()?, row.get(1)?.to_owned());
            // When it was applied is of no use here.
            Some(Migration::applied(version, name, OffsetDateTime::UNIX_EPOCH, row.get(3)?.parse().ok()?))
        };
        Ok(rows(self.0, query).await?.iter().filter_map(read).collect())
    }
}

impl AsyncMigrate for Begun<'_> {}

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

mod embedded_elt {
    //! The same of schema elt.
    refinery::embed_migrations!("../../sql/elt/migrations");
}
