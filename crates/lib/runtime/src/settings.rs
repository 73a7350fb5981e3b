//! Settings of every service, and parsers for the values of settings. `--help` is their reference.

use clap::Args;

pub use self::{
    database::DatabaseSettings,
    duration::{duration, period},
    http::HttpSettings,
    log::{Format, LogSettings},
    number::{socket_address, whole_number},
    process::ProcessSettings,
    secret::{Secret, bearer_token},
};

mod secret;
pub(crate) mod text;
mod duration;
mod number;
mod database;
mod process;
mod http;
mod log;

/// The settings that every service has.
#[derive(Debug, Clone, Args)]
#[group(skip)]
pub(crate) struct Settings {
    /// The process.
    #[command(flatten)]
    pub(crate) process: ProcessSettings,
    /// The endpoints.
    #[command(flatten)]
    pub(crate) http: HttpSettings,
    /// The log.
    #[command(flatten)]
    pub(crate) log: LogSettings,
}
