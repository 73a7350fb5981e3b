//! The connection pool: connections are opened when first needed and replaced when lost.

use consumer::{DependencyError, Failure};
use deadpool::{
    Runtime,
    managed::{Pool, PoolError, Timeouts},
};
use tokio::time::timeout;
use tokio_postgres::Row;

use crate::{
    Parameter, Settings, Statement, Transaction,
    connect::connect_error::ConnectError,
    connect::{CONNECT_TIMEOUT, ServerInfo},
    read::read,
    session::{Pooled, Sessions},
};

/// A connection pool of one database. Clones share the connections.
#[derive(Debug, Clone)]
pub struct Database {
    pool: Pool<Sessions>,
}

impl Database {
    /// Creates a pool without a connection, so this succeeds whatever the state of the database.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        let pool = Pool::builder(Sessions::new(settings))
            .max_size(settings.pool_size)
            // `session` limits the wait for a connection, and connecting and recycling have their own time limits.
            .timeouts(Timeouts { wait: Some(CONNECT_TIMEOUT), create: None, recycle: None })
            .runtime(Runtime::Tokio1)
            .build()
            .unwrap_or_else(|error| unreachable!("the builder asks for a runtime only, and has one: {error}"));
        Self { pool }
    }

    /// The same database with a connection of its own, for work beside the batches that must not use theirs.
    #[must_use]
    pub fn dedicated(&self) -> Self {
        Self::new(&Settings { pool_size: 1, ..self.pool.manager().settings().clone() })
    }

    /// Begins a transaction that reads and writes a few rows.
    ///
    /// # Errors
    /// No connection is available.
    pub async fn begin(&self) -> Result<Transaction, DependencyError> {
        Transaction::begin(self.connection().await?).await
    }

    /// Begins a transaction for a batch: short, with time limits, index scans only, and plans that are reused.
    ///
    /// # Errors
    /// No connection is available.
    pub async fn begin_batch(&self) -> Result<Transaction, DependencyError> {
        Transaction::begin_batch(self.connection().await?).await
    }

    /// Begins a read-only transaction for a client that waits. It takes seconds at most.
    ///
    /// # Errors
    /// No connection is available.
    pub async fn begin_read_only(&self) -> Result<Transaction, DependencyError> {
        Transaction::begin_read_only(self.connection().await?).await
    }

    /// Runs one statement that reads, outside a transaction block, for a client that waits: one round trip instead of the
    /// eight statements of a read-only transaction. It takes seconds at most.
    ///
    /// # Errors
    /// As [`Transaction::query`], or no connection is available.
    pub async fn read(&self, statement: &Statement, parameters: &[&dyn Parameter]) -> Result<Vec<Row>, Failure> {
        read(self.connection().await?, statement, parameters).await
    }

    /// Begins a transaction that changes rows for a client that waits: it waits for a lock for five seconds at most.
    ///
    /// # Errors
    /// No connection is available.
    pub async fn begin_change(&self) -> Result<Transaction, DependencyError> {
        Transaction::begin_change(self.connection().await?).await
    }

    /// Begins a read-only transaction for an answer of any length, see [`Transaction::stream`]. The planner keeps its
    /// defaults, and statements have no time limit: the client may be slow.
    ///
    /// # Errors
    /// No connection is available.
    pub async fn begin_stream(&self) -> Result<Transaction, DependencyError> {
        Transaction::begin_stream(self.connection().await?).await
    }

    /// Begins a transaction for a command that reads whole tables (an audit, a rebuild): sequential scans are allowed,
    /// and statements have no time limit.
    ///
    /// # Errors
    /// No connection is available.
    pub async fn begin_maintenance(&self) -> Result<Transaction, DependencyError> {
        Transaction::begin_maintenance(self.connection().await?).await
    }

    /// Connects, to verify the settings and to read facts about the server.
    ///
    /// # Errors
    /// [`ConnectError::Rejected`] if a setting is wrong, [`ConnectError::Unavailable`] during an outage.
    pub async fn ping(&self) -> Result<ServerInfo, ConnectError> {
        Ok(self.session().await?.server_info().clone())
    }

    async fn connection(&self) -> Result<Pooled, DependencyError> {
        Ok(self.session().await?)
    }

    async fn session(&self) -> Result<Pooled, ConnectError> {
        let wait = self.pool.manager().settings().wait;
        let session = timeout(wait, self.pool.get()).await;
        let late = || DependencyError::new(crate::POSTGRES, format_args!("connect: no connection for {wait:?}"));
        session.map_err(|_| late())?.map_err(|error| match error {
            PoolError::Backend(connect_error) => connect_error,
            other => DependencyError::new(crate::POSTGRES, format_args!("connect: {other}")).into(),
        })
    }
}
