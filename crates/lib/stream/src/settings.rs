//! The settings of a service that reads a topic.

use clap::Args;
use runtime::{CommandSettings, ExitError, settings::DatabaseSettings};

pub use self::{
    batch::BatchSettings,
    kafka::{KafkaSettings, TopicSettings},
};

mod kafka;
mod batch;

/// All settings of a service that reads a topic. `Own`: those that only this service has.
#[derive(Debug, Clone, Args)]
#[group(skip)]
pub struct Settings<Own: Args> {
    /// The broker.
    #[command(flatten)]
    pub kafka: KafkaSettings,
    /// The topics and the group.
    #[command(flatten)]
    pub topics: TopicSettings,
    /// The database.
    #[command(flatten)]
    pub database: DatabaseSettings,
    /// The loop.
    #[command(flatten)]
    pub batch: BatchSettings,
    /// The settings that only this service has.
    #[command(flatten, next_help_heading = "This service")]
    pub own: Own,
}

/// The settings of the broker, the topics and the group, for a command. Does not connect.
///
/// # Errors
/// Those of [`CommandSettings::read`].
pub fn kafka(settings: &CommandSettings) -> Result<::kafka::Settings, ExitError> {
    settings.read::<KafkaSettings>()?.connection(&settings.read::<TopicSettings>()?, settings.service())
}
