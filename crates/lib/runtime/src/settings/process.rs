//! Settings of the process: the grace period of a shutdown.

use std::time::Duration;

use clap::Args;

use super::period;

/// The settings of the process.
#[derive(Debug, Clone, Args)]
#[group(skip)]
#[command(next_help_heading = "Process")]
pub struct ProcessSettings {
    /// Maximum time between SIGTERM or SIGINT and the end of the process.
    ///
    /// A process that has not ended by then exits with code 1. Nothing that was committed is lost, and records that were not committed are
    /// processed again. The time must be shorter than the grace period of the supervisor, because otherwise the supervisor kills the
    /// process first.
    #[arg(long, env = "SHUTDOWN_GRACE", value_name = "DURATION", value_parser = period, default_value = "30s")]
    pub shutdown_grace: Duration,
}
