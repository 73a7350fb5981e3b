//! Settings of segments-service.

use std::time::Duration;

use clap::Args;
use runtime::{
    ExitError,
    settings::{DatabaseSettings, period},
};

use crate::{auth::Auth, instant::Zone};

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

    /// Whether every request needs a key: `on` or `off`.
    ///
    /// With `off`, requests without a key may read, and change users, segments and members. Keys are made by `segments-service keys`.
    #[arg(long, env, value_name = "AUTH", value_enum, default_value = "off")]
    pub(crate) auth: Auth,

    /// Whether users can be created, changed and removed by `/segments/create-user` and its like. For development.
    #[arg(long, env, value_name = "BOOL", default_value = "false", action = clap::ArgAction::Set)]
    pub(crate) dev_methods: bool,

    /// Address of this service as others reach it, for links to reports.
    #[arg(long, env, value_name = "URL", default_value = "http://localhost:8080")]
    pub(crate) public_url: String,

    /// Time for which a link to a report is valid.
    #[arg(long, env, value_name = "DURATION", value_parser = period, default_value = "4h")]
    pub(crate) report_link_ttl: Duration,
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
