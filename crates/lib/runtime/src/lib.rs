//! The process shell of a service: settings, logs, metrics, health, signals, subcommands.
//!
//! A service is an [`App`]. Its `main.rs` is one line, `runtime::main::<Example>()`. This crate contains everything between
//! the command line and the exit code. It depends neither on Kafka nor on the purpose of the service: the crate `stream`
//! is the `App` of every service that reads a topic.
//!
//! Exit codes: 0 the service has stopped on request; 1 it did not stop in time, or failed; 64 a setting is missing or
//! malformed ([`ExitError::Config`]); 69 something that a setting names is missing or rejects the service
//! ([`ExitError::Unavailable`]).

pub use self::{
    admin::clock,
    admin::log_copy::LogCopy,
    admin::log_file::LogFile,
    check::Report,
    command::cli,
    command::command_settings::CommandSettings,
    command::commands::Commands,
    command::confirmation::{Confirmation, Mode},
    command::shell::{main, main_with, variables},
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
