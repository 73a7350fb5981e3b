//! A service that reads a topic, as [`crate::App`] runs it.

use std::time::Duration;

use axum::Router;
use consumer::Processor;
use database::{Database, Migrations};

use runtime::{Commands, ExitError, Finding, StartupError};

use crate::Description;

/// One of the services: the processor in its crate.
#[expect(async_fn_in_trait, reason = "the loop runs in the main task, nothing has to be Send")]
pub trait Service: Processor + Sized {
    /// Its constants.
    const DESCRIPTION: Description;
    /// The schema it works on.
    const MIGRATIONS: &'static Migrations;

    /// The subcommands only this service has; [`std::convert::Infallible`] for none.
    type Commands: Commands;

    /// The settings only this service has; `()` for none. Read like all others: from the environment, from `NAME_FILE`,
    /// or from the command line.
    type Settings: clap::Args;

    /// Looks at the settings only this service has, before anything is connected.
    ///
    /// # Errors
    /// When one of them cannot be used.
    fn validate(_settings: &Self::Settings) -> Result<(), ExitError> {
        Ok(())
    }

    /// Builds the processor, after topics and schema have been found to be there.
    ///
    /// # Errors
    /// [`StartupError::Refused`] ends the process; [`StartupError::Unavailable`] is waited out, and this is called again.
    async fn processor(settings: &Self::Settings, shared: &Shared) -> Result<Self, StartupError>;

    /// What is answered over HTTP beside what every service answers. `database` has connections of its own, which the loop
    /// does not use.
    fn routes(_settings: &Self::Settings, _database: Database) -> Router {
        Router::new()
    }

    /// How often a continuous schedule looks at the work that has no offset behind it ([`Processor::poll_outbox`]); any other
    /// schedule looks at each tick.
    fn background_interval(_settings: &Self::Settings) -> Duration {
        Duration::from_secs(5)
    }

    /// Gives its metrics their help texts.
    fn describe_metrics() {}

    /// What `check` looks at beyond settings, Kafka and the database.
    async fn check(_settings: &Self::Settings) -> Vec<Finding> {
        Vec::new()
    }
}

/// What the shell has ready for a processor.
#[derive(Clone)]
pub struct Shared {
    /// The database.
    pub database: Database,
    /// The broker, for who asks about the group; nothing is connected by it.
    pub kafka: kafka::Settings,
    /// `LOAD_SRC`: what the column `load_src` of the vault says.
    pub load_src: String,
    /// The largest value the destination topic takes, in bytes; a larger one is a dead letter, decided before the
    /// commit.
    pub max_message_bytes: usize,
    /// The shares of the memory.
    pub memory: runtime::settings::MemoryBudget,
}
