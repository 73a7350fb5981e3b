//! Settings of segments-service.

use std::time::Duration;

use clap::Args;
use runtime::{ExitError, settings::DatabaseSettings};

use crate::instant::Zone;

/// What can be set beside the settings of every service.
#[derive(Debug, Clone, Args)]
#[group(skip)]
pub struct Settings {
    /// The database.
    #[command(flatten)]
    pub(crate) database: DatabaseSettings,

    /// Time zone of the dates of API v1 and of months in reports: `UTC`, `Europe/Moscow`.
    #[arg(long, env, value_name = "ZONE", default_value = "UTC", value_parser = Zone::parse)]
    pub(crate) time_zone: Zone,
}

/// Maximum time for which a request waits for a connection.
const CONNECTION_WAIT: Duration = Duration::from_secs(2);

impl Settings {
    /// The database, for clients that wait.
    pub(crate) fn connection(&self, service: &str) -> Result<database::Settings, ExitError> {
        Ok(self.database.connection(service)?.waiting(CONNECTION_WAIT))
    }

    /// Sets the defaults that differ from those of other services.
    pub(crate) fn complete(command: clap::Command) -> clap::Command {
        command
            .mut_arg("http_addr", |argument| argument.default_value("0.0.0.0:8080"))
            .mut_arg("database_pool_size", |argument| argument.default_value("20"))
    }
}
