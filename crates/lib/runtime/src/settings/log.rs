//! Settings of the log: format and filter.

use clap::{Args, ValueEnum};
use tracing_subscriber::EnvFilter;

/// The settings of the log, which goes to standard error.
#[derive(Debug, Clone, Args)]
#[group(skip)]
#[command(next_help_heading = "Log")]
pub struct LogSettings {
    /// Format of the log, which goes to standard error.
    #[arg(long, env = "LOG_FORMAT", value_name = "FORMAT", value_enum, default_value = "json")]
    pub log_format: Format,

    /// Filter of the log: a level (`info`), or levels of modules (`info,librdkafka=debug`).
    ///
    /// The syntax is that of the Rust type `tracing_subscriber::EnvFilter`. At `debug` and `trace`, the log has many more lines, and names
    /// of people may appear. Passwords appear at no level.
    #[arg(long, env = "RUST_LOG", value_name = "FILTER", value_parser = filter, default_value = QUIET_DRIVERS)]
    pub rust_log: String,
}

/// The format of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// One JSON object per line, for a log store.
    Json,
    /// Text, for people.
    Text,
}

/// At `info` the drivers log every connection. The services log the relevant part of it themselves.
const QUIET_DRIVERS: &str =
    "info,librdkafka=warn,rdkafka=warn,tokio_postgres=warn,refinery_core=warn,tokio_cron_scheduler=warn";

fn filter(text: &str) -> Result<String, String> {
    let invalid = |_| format!("`{text}` is not a filter of the log; write it like `info` or `info,librdkafka=debug`");
    EnvFilter::try_new(text).map(|_| text.to_owned()).map_err(invalid)
}
