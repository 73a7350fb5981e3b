//! Where the warehouse is.

use std::{num::NonZeroUsize, path::PathBuf};

use clap::Args;

use super::Secret;
use crate::ExitError;

/// The settings of PostgreSQL.
#[derive(Debug, Clone, Args)]
#[group(skip)]
#[command(next_help_heading = "Database")]
pub struct DatabaseSettings {
    /// `postgres://user:password@host:5432/database?sslmode=verify-full`. Required. `sslmode` is `disable`, `prefer` (if
    /// it is not given), `require`, `verify-ca` or `verify-full`. The first three check no certificate: `require`
    /// encrypts, to whoever answers. `verify-ca` wants one from a trusted authority, `verify-full` one for this host.
    #[arg(long, env, value_name = "URL")]
    pub database_url: Secret,

    /// The certificate authority (PEM) that `verify-ca` and `verify-full` trust; the system's if it is not set. With it,
    /// `require` is `verify-ca`, as everywhere with PostgreSQL; `disable` and `prefer` are refused.
    #[arg(long, env, value_name = "PATH")]
    pub database_ca_file: Option<PathBuf>,

    /// Connections to the database, at most. The loop uses one at a time; more are opened only when they are needed at
    /// once. All replicas together must stay below the server's `max_connections`.
    #[arg(long, env, value_name = "CONNECTIONS", default_value = "4")]
    pub database_pool_size: NonZeroUsize,
}

impl DatabaseSettings {
    /// What the driver makes of them; nothing is connected yet. `service` is how the database lists our sessions.
    ///
    /// # Errors
    /// When the URL or the certificates cannot be used.
    pub fn connection(&self, service: &str) -> Result<database::Settings, ExitError> {
        let pool_size = self.database_pool_size.get();
        database::Settings::from_url(self.database_url.expose(), self.database_ca_file.as_deref(), pool_size)
            .map(|settings| settings.named(service))
            .map_err(|error| ExitError::Config(error.to_string()))
    }
}
