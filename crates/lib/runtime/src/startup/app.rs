//! The trait `App`, which every service implements.

use axum::Router;
use database::Migrations;
use health::Health;

use crate::{
    CommandSettings, Commands, Context, ExitError, LogCopy, LogFile, Report, migrate, settings::DatabaseSettings,
};

/// A service: its name, settings, checks, HTTP routes, and its work.
///
/// The shell adds the command line, logs, metrics, signals, `/health`, `/ready`, `/metrics`, and the subcommands `run`, `check`,
/// `migrate`, `healthcheck` and `settings`. See `crates/tools/example` for a complete one.
#[expect(async_fn_in_trait, reason = "a service runs in the main task, nothing has to be Send")]
pub trait App: Sized {
    /// The name of the program, and the label `service` of every metric: `stg-service`.
    const NAME: &'static str;

    /// One sentence for `--help`.
    const ABOUT: &'static str;

    /// The body of `/health`. Empty: the response has no `Content-Type` either.
    const HEALTHY: &'static str = "healthy";

    /// The migrations of its schema in [`App::schema_database`]; `None` for a service without a schema.
    const MIGRATIONS: Option<&'static Migrations>;

    /// Settings that only this service has. They are read from the environment, from `NAME_FILE` or from the command line.
    type Settings: clap::Args;

    /// Subcommands that only this service has; [`std::convert::Infallible`] for none.
    type Commands: Commands;

    /// Completes the definitions of the settings, for instance with defaults that depend on the service.
    #[must_use]
    fn arguments(command: clap::Command) -> clap::Command {
        command
    }

    /// The files to which errors are also written while the service runs; `None` for no files.
    ///
    /// # Errors
    /// When a setting is missing or malformed.
    fn log_file(_settings: &CommandSettings) -> Result<Option<LogFile>, ExitError> {
        Ok(None)
    }

    /// The file to which the log is also written while the service runs; `None` for no file.
    ///
    /// # Errors
    /// When a setting is missing or malformed.
    fn log_copy(_settings: &CommandSettings) -> Result<Option<LogCopy>, ExitError> {
        Ok(None)
    }

    /// Validates the settings, without connecting.
    ///
    /// # Errors
    /// When a setting cannot be used.
    fn new(settings: Self::Settings) -> Result<Self, ExitError>;

    /// Describes its metrics.
    fn describe_metrics() {}

    /// Registers the sources of `/health`, `/ready` and `/metrics` that exist before it runs.
    fn register(&self, _health: &Health) {}

    /// Its HTTP routes. Called once, after the metrics are installed.
    fn routes(&self) -> Router {
        Router::new()
    }

    /// Checks everything that the service needs and reports each finding. Changes nothing.
    async fn check(&self, _report: &mut Report) {}

    /// The database of [`App::MIGRATIONS`]: that of `DATABASE_URL` unless the service has other settings.
    ///
    /// # Errors
    /// When a setting is missing or malformed.
    fn schema_database(settings: &CommandSettings) -> Result<database::Settings, ExitError> {
        settings.read::<DatabaseSettings>()?.connection(Self::NAME)
    }

    /// Applies missing migrations.
    ///
    /// # Errors
    /// When the database does not answer or rejects a migration.
    async fn migrate(settings: &CommandSettings) -> Result<(), ExitError> {
        match Self::MIGRATIONS {
            Some(migrations) => migrate::migrate(&Self::schema_database(settings)?, migrations).await,
            None => migrate::nothing(),
        }
    }

    /// Works until [`Context::stop`] is cancelled. Signals are handled and HTTP requests answered from the beginning.
    ///
    /// # Errors
    /// An [`ExitError`] when something that a setting names is missing or rejects the service. Any other error is exit code 1.
    async fn run(self, context: Context) -> anyhow::Result<()>;
}
