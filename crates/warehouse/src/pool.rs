//! Connections to the warehouse, opened when first needed and replaced when lost.

use consumer::DependencyError;
use deadpool::{
    Runtime,
    managed::{Pool, PoolError, Timeouts},
};

use crate::{
    Settings, Transaction,
    connect::{Greeting, PATIENCE},
    denied::Denied,
    session::{Pooled, Sessions},
};

/// The warehouse, as a service holds it. Cloning shares the connections.
#[derive(Debug, Clone)]
pub struct Warehouse {
    pool: Pool<Sessions>,
}

impl Warehouse {
    /// A warehouse to which nothing is connected yet, so this succeeds whatever state the database is in.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        let pool = Pool::builder(Sessions::new(settings))
            .max_size(settings.pool_size)
            // Connecting and reusing bound themselves.
            .timeouts(Timeouts { wait: Some(PATIENCE), create: None, recycle: None })
            .runtime(Runtime::Tokio1)
            .build()
            .unwrap_or_else(|error| unreachable!("the builder asks for a runtime only, and has one: {error}"));
        Self { pool }
    }

    /// The same database by a connection of its own: for work that goes on beside the batches and must not take theirs.
    #[must_use]
    pub fn aside(&self) -> Self {
        Self::new(&Settings { pool_size: 1, ..self.pool.manager().settings().clone() })
    }

    /// Begins a transaction for a batch: short, guarded, on indexes only.
    ///
    /// # Errors
    /// When there is no connection to be had.
    pub async fn begin(&self) -> Result<Transaction, DependencyError> {
        Transaction::begin(self.connection().await?).await
    }

    /// Begins a transaction for somebody who asks and waits: it changes nothing, and takes seconds at most.
    ///
    /// # Errors
    /// When there is no connection to be had.
    pub async fn begin_reading(&self) -> Result<Transaction, DependencyError> {
        Transaction::begin_reading(self.connection().await?).await
    }

    /// Begins a transaction for a command that goes through whole tables (an audit, a rebuild): the planner may scan,
    /// and nothing hurries it.
    ///
    /// # Errors
    /// When there is no connection to be had.
    pub async fn begin_unhurried(&self) -> Result<Transaction, DependencyError> {
        Transaction::begin_unhurried(self.connection().await?).await
    }

    /// Connects, to learn whether the settings are right, and who answers.
    ///
    /// # Errors
    /// [`Denied::Refused`] when they are not, [`Denied::Unavailable`] when nobody can tell now.
    pub async fn greet(&self) -> Result<Greeting, Denied> {
        Ok(self.session().await?.greeting().clone())
    }

    async fn connection(&self) -> Result<Pooled, DependencyError> {
        Ok(self.session().await?)
    }

    async fn session(&self) -> Result<Pooled, Denied> {
        self.pool.get().await.map_err(|error| match error {
            PoolError::Backend(denied) => denied,
            other => DependencyError::new("postgres", format_args!("connect: {other}")).into(),
        })
    }
}
