//! The settings every service has, by theme. `--help` prints them all; it is their reference.

use clap::Args;

pub use self::{
    batch::BatchSettings,
    database::DatabaseSettings,
    duration::{duration, period},
    http::HttpSettings,
    kafka::{KafkaSettings, TopicSettings},
    log::{Format, LogSettings},
    secret::Secret,
};

mod secret;
pub(crate) mod text;
mod duration;
mod kafka;
mod database;
mod batch;
mod http;
mod log;

/// Everything that can be set on every service.
#[derive(Debug, Clone, Args)]
#[group(skip)]
pub struct Settings {
    /// The broker.
    #[command(flatten)]
    pub kafka: KafkaSettings,
    /// The topics and the group.
    #[command(flatten)]
    pub topics: TopicSettings,
    /// The warehouse.
    #[command(flatten)]
    pub database: DatabaseSettings,
    /// The loop.
    #[command(flatten)]
    pub batch: BatchSettings,
    /// The endpoints.
    #[command(flatten)]
    pub http: HttpSettings,
    /// The log.
    #[command(flatten)]
    pub log: LogSettings,
}
