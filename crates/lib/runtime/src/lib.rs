//! The process shell of a service: settings, logs, metrics, health, signals, subcommands.
//!
//! A service is an [`App`]. Its `main.rs` is one line, `runtime::main::<Example>()`; everything between the command line and
//! the exit code is here. The shell knows neither Kafka nor what the service is for: a service that reads a topic is run by
//! the crate `stream`, which is an `App` for all of them.
//!
//! Exit codes: 0 stopped as told, 1 did not stop in time or broke, 64 a setting is missing or malformed
//! ([`ExitError::Config`]), 69 something the settings point to is missing or refuses ([`ExitError::Unavailable`]).

pub use self::{
    admin::clock,
    admin::log_file::LogFile,
    check::Report,
    command::cli,
    command::command_settings::CommandSettings,
    command::commands::Commands,
    command::confirmation::{Confirmation, Mode},
    command::shell::main,
    finding::Finding,
    startup::app::App,
    startup::context::Context,
    startup::exit_error::ExitError,
    startup::schema,
    startup::start::{Start, StartHealth, until_available},
    startup::startup_error::StartupError,
};

mod startup;
mod finding;
pub mod settings;
mod command;
mod migrate;
pub mod check;
mod admin;
