//! The process shell that the three services share: settings, logs, metrics, health, signals, subcommands.
//!
//! A service is a [`Service`]: a [`Description`], the settings only it has, and a way to build its processor. Its
//! `main.rs` is one line, `runtime::main::<Stg, Own>()`, where `Own` are the subcommands that only it has
//! ([`Commands`]). Everything between the command line and the exit code is here.
//!
//! Exit codes: 0 stopped as told, 1 did not stop in time or broke, 64 a setting is missing or malformed
//! ([`ExitError::Config`]), 69 something the settings point to is missing or turns us away ([`ExitError::Unavailable`]).

pub use self::admin::clock;

pub use self::{
    command::command_settings::CommandSettings,
    command::commands::Commands,
    command::shell::main,
    finding::Finding,
    startup::description::Description,
    startup::exit_error::ExitError,
    startup::service::{Service, Shared},
    startup::startup_error::StartupError,
};

mod startup;
mod finding;
pub mod settings;
mod command;
mod migrate;
mod check;
mod admin;
pub mod dead_letters;
pub mod rebuild;
