//! Settings of the process: the grace period of a shutdown.

use std::time::Duration;

use clap::Args;

use super::period;

/// The settings of the process.
#[derive(Debug, Clone, Args)]
#[group(skip)]
#[command(next_help_heading = "Process")]
pub struct ProcessSettings {
    /// Maximum time between SIGTERM and the end of the process.
    ///
    /// Then the process ends with exit code 1. Nothing is lost: records that were not committed are processed again. The value must be
    /// shorter than the grace period of the supervisor, which otherwise kills the process first.
    #[arg(long, env = "SHUTDOWN_GRACE", value_name = "DURATION", value_parser = period, default_value = "30s")]
    pub shutdown_grace: Duration,
}
