//! The process shell that the three services share: settings, logs, metrics, health, signals, subcommands.
//!
//! A service is a [`Service`]: a [`Description`], the settings only it has, and a way to build its processor. Its `main.rs`
//! is one line, `runtime::main::<Stg, Own>()`, where `Own` are the subcommands that only it has ([`Commands`]). Everything
//! between the command line and the exit code is here.
//!
//! Exit codes: 0 stopped as told, 1 did not stop in time or broke, 64 a setting is missing or malformed
//! ([`ExitError::Config`]), 69 something the settings point to is missing or turns us away ([`ExitError::Unavailable`]).

pub use self::{
    command_settings::CommandSettings,
    commands::Commands,
    description::Description,
    exit_error::ExitError,
    finding::Finding,
    service::{Service, Shared},
    shell::main,
    startup_error::StartupError,
};

mod description;
mod exit_error;
mod startup_error;
mod finding;
mod service;
pub mod settings;
mod environment;
mod usage;
mod settings_json;
mod command_settings;
mod commands;
mod cli;
mod shell;
mod run;
mod migrate;
mod check;
mod healthcheck;
pub mod dead_letters;
pub mod rebuild;
mod topics;
mod schema;
mod retry;
mod signals;
mod readiness;
mod metrics;
mod http;
mod log;
pub mod clock;
