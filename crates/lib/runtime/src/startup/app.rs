//! A service as the shell runs it.

use axum::Router;
use database::Migrations;
use health::Health;

use crate::{CommandSettings, Commands, Context, ExitError, LogFile, Report, migrate, settings::DatabaseSettings};

/// A service: what it is called, what can be set, how it is checked, what it answers over HTTP, and how it runs.
///
/// The shell adds the command line, logs, metrics, signals, `/health`, `/ready`, `/metrics`, and the subcommands `run`, `check`,
/// `migrate`, `healthcheck` and `settings`. See `crates/tools/example` for a complete one.
#[expect(async_fn_in_trait, reason = "a service runs in the main task, nothing has to be Send")]
pub trait App: Sized {
    /// The binary, and the label `service` of every metric: `stg-service`.
    const NAME: &'static str;

    /// One sentence for `--help`.
    const ABOUT: &'static str;

    /// The schema it works on, in [`App::schema_database`]; `None`: it has none of its own.
    const MIGRATIONS: Option<&'static Migrations>;

    /// Its settings beyond those of every service. Read from the environment, from `NAME_FILE`, or from the command line.
    type Settings: clap::Args;

    /// Its subcommands beyond those of every service; [`std::convert::Infallible`]: none.
    type Commands: Commands;

    /// Completes the definitions of the settings, for instance with defaults that depend on the service.
    #[must_use]
    fn arguments(command: clap::Command) -> clap::Command {
        command
    }

    /// The files that errors are also written to while the service runs; `None`: none.
    ///
    /// # Errors
    /// When a setting is missing or malformed.
    fn log_file(_settings: &CommandSettings) -> Result<Option<LogFile>, ExitError> {
        Ok(None)
    }

    /// Examines the settings; connects nothing.
    ///
    /// # Errors
    /// When one of them cannot be used.
    fn new(settings: Self::Settings) -> Result<Self, ExitError>;

    /// Gives its metrics their help texts.
    fn describe_metrics() {}

    /// Registers the parts that `/health`, `/ready` and `/metrics` ask, as far as they exist before it runs.
    fn register(&self, _health: &Health) {}

    /// What it answers over HTTP. Called once, when metrics can be used.
    fn routes(&self) -> Router {
        Router::new()
    }

    /// Looks at everything the service needs and reports each finding; changes nothing.
    async fn check(&self, _report: &mut Report) {}

    /// The database that [`App::MIGRATIONS`] are for: that of `DATABASE_URL` unless the service has settings of its own.
    ///
    /// # Errors
    /// When a setting is missing or malformed.
    fn schema_database(settings: &CommandSettings) -> Result<database::Settings, ExitError> {
        settings.read::<DatabaseSettings>()?.connection(Self::NAME)
    }

    /// Brings its schema up to date.
    ///
    /// # Errors
    /// When the database does not answer or refuses.
    async fn migrate(settings: &CommandSettings) -> Result<(), ExitError> {
        match Self::MIGRATIONS {
            Some(migrations) => migrate::migrate(&Self::schema_database(settings)?, migrations).await,
            None => migrate::nothing(),
        }
    }

    /// Works until [`Context::stop`] is cancelled. Signals are handled and HTTP requests answered from the beginning.
    ///
    /// # Errors
    /// An [`ExitError`] when something the settings point to is missing or refuses; any other error is exit code 1.
    async fn run(self, context: Context) -> anyhow::Result<()>;
}
