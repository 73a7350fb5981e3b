//! Migrations of a schema: numbered files, compiled in and applied once, even if several processes start at the same
//! time.

use std::error::Error as _;

use consumer::Dependency;
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
    connect::connect_error::ConnectError,
    error::{describe, unavailable},
};

/// Why the schema could not be updated or checked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There is no connection.
    #[error(transparent)]
    ConnectError(#[from] ConnectError),
    /// A migration fails, or an applied migration has been edited.
    #[error("{reason}")]
    Failed {
        /// The database.
        dependency: Dependency,
        /// The error.
        reason: String,
    },
}

impl Error {
    fn failed(reason: String) -> Self {
        Self::Failed { dependency: crate::POSTGRES, reason }
    }

    /// The same error of another database.
    fn of(self, dependency: Dependency) -> Self {
        match self {
            Self::ConnectError(error) => Self::ConnectError(error.of(dependency)),
            Self::Failed { reason, .. } => Self::Failed { dependency, reason },
        }
    }
}

/// The migrations of one owner: numbered files, compiled in, with a history table and an advisory lock of their own.
#[derive(Debug, Clone, Copy)]
pub struct Migrations {
    runner: fn() -> Runner,
    history: &'static str,
    lock: i64,
    prepare: &'static str,
    grants: Option<Grants>,
}

/// Rights that are granted to existing roles after the migrations.
#[derive(Debug, Clone, Copy)]
pub struct Grants {
    /// A statement with the parameters service and role. Returns the right, kind and name of an object for each right
    /// that the service needs and the role lacks.
    pub missing_rights: Statement,
    /// Each service with its role.
    pub roles: &'static [(&'static str, &'static str)],
}

/// All migrations run in one transaction on one connection: a failed migration leaves no change, and a pooler does not
/// matter. The process that migrates holds the lock until the end.
const BEGIN: &str = concat!(include_str!("sql/begin_migration.sql"), include_str!("sql/stated.sql"));

impl Migrations {
    /// Migrations from `refinery::embed_migrations!`. `history` is the table of applied migrations, with its schema.
    /// `lock` is the number of an advisory lock that no other owner uses. It must never change.
    #[must_use]
    pub const fn new(runner: fn() -> Runner, history: &'static str, lock: i64) -> Self {
        Self { runner, history, lock, prepare: "", grants: None }
    }

    /// The same with grants.
    #[must_use]
    pub const fn granting(self, grants: Grants) -> Self {
        Self { grants: Some(grants), ..self }
    }

    /// The same with SQL that is executed before the history is looked for, for instance to create its schema.
    #[must_use]
    pub const fn preparing(self, sql: &'static str) -> Self {
        Self { prepare: sql, ..self }
    }

    /// The grants that follow the migrations.
    #[must_use]
    pub const fn grants(&self) -> Option<Grants> {
        self.grants
    }

    /// Applies the missing migrations and returns their names, in order. Then grants the roles of the services, if they
    /// exist, the rights they need.
    ///
    /// A database with more migrations than this program is left unchanged. Migrations only add, so the previous
    /// release works with the next schema, and a rollback of the program does not fail.
    ///
    /// # Errors
    /// A migration or a grant failed. No change is made then.
    pub async fn apply(&self, settings: &Settings) -> Result<Vec<String>, Error> {
        self.apply_missing(settings).await.map_err(|error| error.of(settings.role.dependency))
    }

    async fn apply_missing(&self, settings: &Settings) -> Result<Vec<String>, Error> {
        let client = connect(settings).await?.client;
        client.batch_execute(BEGIN).await.map_err(|error| failed("begin", &error))?;
        // After `stated.sql`, so that the function is the one of PostgreSQL.
        let lock = format!("SELECT pg_advisory_xact_lock({})", self.lock);
        client.batch_execute(&lock).await.map_err(|error| failed("lock", &error))?;
        client.batch_execute(self.prepare).await.map_err(|error| failed("prepare", &error))?;
        let report = self.runner().run_async(&mut Begun(&client)).await.map_err(|error| explain(&error))?;
        if let Some(grants) = self.grants {
            grants.grant(&client).await.map_err(|error| failed("grant", &error))?;
        }
        client.batch_execute("COMMIT").await.map_err(|error| failed("commit", &error))?;
        Ok(report.applied_migrations().iter().map(ToString::to_string).collect())
    }

    /// The names of the migrations that this program needs and the database lacks, in order.
    ///
    /// # Errors
    /// The database does not answer, or the history cannot be read.
    pub async fn pending(&self, settings: &Settings) -> Result<Vec<String>, Error> {
        self.select_pending(settings).await.map_err(|error| error.of(settings.role.dependency))
    }

    async fn select_pending(&self, settings: &Settings) -> Result<Vec<String>, Error> {
        let client = connect(settings).await?.client;
        let mut missing = self.runner().get_migrations().clone();
        let history = self.history;
        let exists = rows(&client, &format!("SELECT pg_catalog.to_regclass('{history}') IS NOT NULL")).await;
        let exists = exists.map_err(|error| failed("look", &error))?;
        if exists.first().is_some_and(|row| row.get(0) == Some("t")) {
            let applied = rows(&client, &format!("SELECT version FROM {history}")).await;
            let applied = applied.map_err(|error| failed("look", &error))?;
            missing.retain(|needed| applied.iter().all(|row| row.get(0) != Some(&needed.version().to_string())));
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

impl Grants {
    /// Grants the roles the rights that they lack: all rights at first, later those on new tables.
    async fn grant(&self, client: &Client) -> Result<(), tokio_postgres::Error> {
        let exists = "SELECT rolname::text FROM pg_roles WHERE rolname::text = $1";
        for (service, role) in self.roles {
            if client.query_typed(exists, &[(role, Type::TEXT)]).await?.is_empty() {
                continue;
            }
            let parameters: [(&(dyn ToSql + Sync), Type); 2] = [(service, Type::TEXT), (role, Type::TEXT)];
            for row in client.query_typed(self.missing_rights.sql, &parameters).await? {
                let (right, kind, object): (&str, &str, &str) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
                client.batch_execute(&format!("GRANT {right} ON {kind} {object} TO {role}")).await?;
            }
        }
        Ok(())
    }
}

/// The rows of a query, without a named statement, which a pooler would mix up.
async fn rows(client: &Client, query: &str) -> Result<Vec<SimpleQueryRow>, tokio_postgres::Error> {
    let messages = client.simple_query(query).await?;
    let row = |message| if let SimpleQueryMessage::Row(row) = message { Some(row) } else { None };
    Ok(messages.into_iter().filter_map(row).collect())
}

/// The interface of refinery to the database, through a transaction that this crate ends. refinery's own would begin
/// one transaction for each step, and name its statements.
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
            // The time of the migration is not needed here.
            Some(Migration::applied(version, name, OffsetDateTime::UNIX_EPOCH, row.get(3)?.parse().ok()?))
        };
        Ok(rows(self.0, query).await?.iter().filter_map(read).collect())
    }
}

impl AsyncMigrate for Begun<'_> {}

/// refinery's errors end with «db error»; the text of PostgreSQL is in their cause.
fn explain(error: &refinery::Error) -> Error {
    match error.source().and_then(|cause| cause.downcast_ref()) {
        Some(cause) => failed(&format!("migrate: {error}"), cause),
        None => Error::failed(format!("migrate: {error}")),
    }
}

/// An error that the server reports is final; a missing answer is not.
fn failed(step: &str, error: &tokio_postgres::Error) -> Error {
    match error.as_db_error() {
        Some(_) => Error::failed(format!("{step}: {}", describe(error))),
        None => ConnectError::Unavailable(unavailable(step, error)).into(),
    }
}
