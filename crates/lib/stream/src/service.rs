//! The trait `Service`, implemented by every service that reads a topic.

use std::time::Duration;

use axum::Router;
use consumer::{Dependency, Processor};
use database::{Database, Migrations, POSTGRES};
use kafka::KAFKA;

use runtime::{Commands, ExitError, Finding, StartupError};

use crate::Description;

/// A service that reads a topic. [`crate::App`] runs it.
#[expect(async_fn_in_trait, reason = "the loop runs in the main task, nothing has to be Send")]
pub trait Service: Processor + Sized {
    /// Its constants.
    const DESCRIPTION: Description;
    /// The migrations of its schema.
    const MIGRATIONS: &'static Migrations;
    /// The dependencies that its loop can wait for. Each has the metric `tagmill_dependency_waiting`.
    const DEPENDENCIES: &'static [Dependency] = &[KAFKA, POSTGRES, Dependency { name: "redis", setting: "REDIS_URL" }];

    /// The name of its loop, if a process has several: the label `loop` of the gauges of each.
    const LOOP: Option<&'static str> = None;

    /// The subcommands that only this service has; [`std::convert::Infallible`] for none.
    type Commands: Commands;

    /// The settings that only this service has; `()` for none. They are read like all others, from the environment, from
    /// `NAME_FILE` or from the command line.
    type Settings: clap::Args;

    /// Validates the settings that only this service has, before anything is connected.
    ///
    /// # Errors
    /// When a setting cannot be used.
    fn validate(_settings: &Self::Settings) -> Result<(), ExitError> {
        Ok(())
    }

    /// Builds the processor, after topics and schema are checked.
    ///
    /// # Errors
    /// [`StartupError::Refused`] ends the process; after [`StartupError::Unavailable`] it is called again.
    async fn processor(settings: &Self::Settings, shared: &Shared) -> Result<Self, StartupError>;

    /// HTTP routes in addition to those of every service. `database` is a pool of its own, which the loop does not use.
    fn routes(_settings: &Self::Settings, _database: Database) -> Router {
        Router::new()
    }

    /// The interval of background rounds ([`Processor::poll_outbox`]) with a continuous schedule. With any other schedule
    /// there is a round at each tick.
    fn background_interval(_settings: &Self::Settings) -> Duration {
        Duration::from_secs(5)
    }

    /// Describes its metrics.
    fn describe_metrics() {}

    /// Checks in addition to those of settings, Kafka and the database.
    async fn check(_settings: &Self::Settings) -> Vec<Finding> {
        Vec::new()
    }
}

/// The parts from which a processor is built.
#[derive(Clone)]
pub struct Shared {
    /// The database.
    pub database: Database,
    /// The settings of Kafka, for requests about the group. Not connected.
    pub kafka: kafka::Settings,
    /// `LOAD_SRC`: the value of the column `load_src`.
    pub load_src: String,
    /// The maximum size of a message for the destination topic, in bytes. A larger one becomes a dead letter, before
    /// anything is committed.
    pub max_message_bytes: usize,
    /// The shares of the memory.
    pub memory: runtime::settings::MemoryBudget,
}
