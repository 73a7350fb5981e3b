//! Connections to the warehouse, opened when first needed and replaced when lost.

use std::time::Duration;

use deadpool_postgres::{Client, Manager, ManagerConfig, Pool, PoolError, RecyclingMethod, Runtime, Timeouts};
use pipeline::Unavailable;

use crate::{
    Settings, Transaction,
    connect::{Denied, denied},
    error::no_connection,
};

/// The warehouse, as a service holds it. Cloning shares the connections.
#[derive(Debug, Clone)]
pub struct Warehouse {
    pool: Pool,
}

/// How long connecting may take, TLS and login included (the URL's `connect_timeout` bounds only TCP), and how long to
/// wait for a free connection. Shorter, and a database at its limit is never reached; longer, and `/ready` is silent
/// about why nothing happens.
const PATIENCE: Duration = Duration::from_secs(10);

impl Warehouse {
    /// A warehouse to which nothing is connected yet, so this succeeds whatever state the database is in.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        // A connection that was lost while idle is known to be so; asking each one first would cost a round trip a batch.
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(settings.config.clone(), settings.tls.clone(), recycling);
        let pool = Pool::builder(manager)
            .max_size(settings.pool_size)
            .timeouts(Timeouts { wait: Some(PATIENCE), create: Some(PATIENCE), recycle: None })
            .runtime(Runtime::Tokio1)
            .build()
            .unwrap_or_else(|error| unreachable!("the builder asks for a runtime only, and has one: {error}"));
        Self { pool }
    }

    /// Begins a transaction for a batch: short, guarded, on indexes only.
    ///
    /// # Errors
    /// When there is no connection to be had.
    pub async fn begin(&self) -> Result<Transaction, Unavailable> {
        Transaction::begin(self.connection().await?).await
    }

    /// Begins a transaction for a command that goes through whole tables (an audit, a rebuild): the planner may scan,
    /// and nothing hurries it.
    ///
    /// # Errors
    /// When there is no connection to be had.
    pub async fn begin_unhurried(&self) -> Result<Transaction, Unavailable> {
        Transaction::begin_unhurried(self.connection().await?).await
    }

    /// Connects, to learn whether the settings are right; returns the server's version.
    ///
    /// # Errors
    /// [`Denied::Refused`] when they are not, [`Denied::Unavailable`] when nobody can tell now.
    pub async fn greet(&self) -> Result<String, Denied> {
        let client = self.pool.get().await.map_err(|error| match error {
            PoolError::Backend(error) => denied(&error),
            other => no_connection(&other).into(),
        })?;
        let row = client.query_one("SHOW server_version", &[]).await.map_err(|error| denied(&error))?;
        row.try_get(0).map_err(|error| denied(&error))
    }

    async fn connection(&self) -> Result<Client, Unavailable> {
        self.pool.get().await.map_err(|error| no_connection(&error))
    }
}
