//! Settings of PostgreSQL: URL, certificate authority, size of the pool.

use std::{num::NonZeroUsize, path::PathBuf};

use clap::Args;

use super::{Secret, whole_number};
use crate::ExitError;

/// The settings of PostgreSQL.
#[derive(Debug, Clone, Args)]
#[group(skip)]
#[command(next_help_heading = "Database")]
pub struct DatabaseSettings {
    /// URL of the database: `postgres://user:password@host:5432/database?sslmode=verify-full`. Required.
    ///
    /// `sslmode` is `disable`, `prefer` (the default), `require`, `verify-ca` or `verify-full`. `disable`, `prefer` and `require` verify no
    /// certificate. `require` encrypts the connection, but does not check the identity of the server. `verify-ca` requires a certificate of
    /// a trusted authority. `verify-full` requires in addition that the certificate is for this host. The host may be a pooler in
    /// transaction mode, which the service detects.
    #[arg(long, env = "DATABASE_URL", value_name = "URL")]
    pub database_url: Secret,

    /// File with the certificate authority (PEM) of the database. Unset: the authorities of the system.
    ///
    /// The service uses the file if `sslmode` is `verify-ca` or `verify-full`. With the file, `require` means `verify-ca`, as in libpq. The
    /// service refuses the file if `sslmode` is `disable` or `prefer`.
    #[arg(long, env = "DATABASE_CA_FILE", value_name = "PATH")]
    pub database_ca_file: Option<PathBuf>,

    /// Maximum number of connections in a pool. A service can have more than one pool.
    ///
    /// A connection is opened when it is needed. `cdm-service` has one pool for the loop, one pool for its API and dashboard, and one
    /// connection for the summary. With a value of 4, these are at most 9 connections. The sum over all replicas must stay below
    /// `max_connections` of the server.
    #[arg(long, env = "DATABASE_POOL_SIZE", value_name = "CONNECTIONS", default_value = "4",
          value_parser = whole_number("a number of connections", NonZeroUsize::MIN..))]
    pub database_pool_size: NonZeroUsize,
}

impl DatabaseSettings {
    /// Converts them to settings of the driver, without connecting. `service` is the `application_name` of the sessions.
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
