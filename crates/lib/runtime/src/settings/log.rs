//! What is logged, and how.

use clap::{Args, ValueEnum};
use tracing_subscriber::{EnvFilter, filter::ParseError};

/// The settings of the log, which goes to standard error.
#[derive(Debug, Clone, Args)]
#[group(skip)]
#[command(next_help_heading = "Log")]
pub struct LogSettings {
    /// One JSON object a line for a log store, or text for a person.
    #[arg(long, env, value_name = "FORMAT", value_enum, default_value = "json")]
    pub log_format: Format,

    /// What is logged, as a filter of `tracing`. Below `info` the Kafka client tells of every fetch, and names of
    /// people may appear.
    #[arg(long, env, value_name = "FILTER", value_parser = filter, default_value = QUIET_DRIVERS)]
    pub rust_log: String,
}

/// The form of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// One JSON object, fields beside the message.
    Json,
    /// Text.
    Text,
}

/// At `info` the drivers tell of every connection they open; what matters of it, the services say themselves.
const QUIET_DRIVERS: &str =
    "info,librdkafka=warn,rdkafka=warn,tokio_postgres=warn,refinery_core=warn,tokio_cron_scheduler=warn";

fn filter(text: &str) -> Result<String, ParseError> {
    EnvFilter::try_new(text).map(|_| text.to_owned())
}
