//! Connections to the warehouse, opened when first needed and replaced when lost.

use consumer::DependencyError;
use deadpool::{
    Runtime,
    managed::{Pool, PoolError, Timeouts},
};

use crate::{
    Settings, Transaction,
    connect::{CONNECT_TIMEOUT, ServerInfo},
    connect_error::ConnectError,
    session::{Pooled, Sessions},
};

/// The warehouse, as a service holds it. Cloning shares the connections.
#[derive(Debug, Clone)]
pub struct Database {
    pool: Pool<Sessions>,
}

impl Database {
    /// A warehouse to which nothing is connected yet, so this succeeds whatever state the database is in.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        let pool = Pool::builder(Sessions::new(settings))
            .max_size(settings.pool_size)
            // Connecting and reusing bound themselves.
            .timeouts(Timeouts { wait: Some(CONNECT_TIMEOUT), create: None, recycle: None })
            .runtime(Runtime::Tokio1)
            .build()
            .unwrap_or_else(|error| unreachable!("the builder asks for a runtime only, and has one: {error}"));
        Self { pool }
    }

    /// The same database by a connection of its own: for work that goes on beside the batches and must not take theirs.
    #[must_use]
    pub fn dedicated(&self) -> Self {
        Self::new(&Settings { pool_size: 1, ..self.pool.manager().settings().clone() })
    }

    /// Begins a transaction that reads and writes a few rows.
    ///
    /// # Errors
    /// When there is no connection to be had.
    pub async fn begin(&self) -> Result<Transaction, DependencyError> {
        Transaction::begin(self.connection().await?).await
    }

    /// Begins a transaction for a batch: short, guarded, on indexes only, with plans that are made once.
    ///
    /// # Errors
    /// When there is no connection to be had.
    pub async fn begin_batch(&self) -> Result<Transaction, DependencyError> {
        Transaction::begin_batch(self.connection().await?).await
    }

    /// Begins a transaction for somebody who asks and waits: it changes nothing, and takes seconds at most.
    ///
    /// # Errors
    /// When there is no connection to be had.
    pub async fn begin_read_only(&self) -> Result<Transaction, DependencyError> {
        Transaction::begin_read_only(self.connection().await?).await
    }

    /// Begins a transaction for a command that goes through whole tables (an audit, a rebuild): the planner may scan,
    /// and nothing hurries it.
    ///
    /// # Errors
    /// When there is no connection to be had.
    pub async fn begin_maintenance(&self) -> Result<Transaction, DependencyError> {
        Transaction::begin_maintenance(self.connection().await?).await
    }

    /// Connects, to learn whether the settings are right, and who answers.
    ///
    /// # Errors
    /// [`ConnectError::Rejected`] when they are not, [`ConnectError::Unavailable`] when nobody can tell now.
    pub async fn ping(&self) -> Result<ServerInfo, ConnectError> {
        Ok(self.session().await?.server_info().clone())
    }

    async fn connection(&self) -> Result<Pooled, DependencyError> {
        Ok(self.session().await?)
    }

    async fn session(&self) -> Result<Pooled, ConnectError> {
        self.pool.get().await.map_err(|error| match error {
            PoolError::Backend(connect_error) => connect_error,
            other => DependencyError::new(crate::POSTGRES, format_args!("connect: {other}")).into(),
        })
    }
}
