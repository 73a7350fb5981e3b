//! The process shell that the three services share: settings, logs, metrics, health, signals, subcommands.
//!
//! A service is a [`Service`]: a [`Description`], the settings only it has, and a way to build its layer. Its `main.rs`
//! is one line, `service::main::<Stg>()`; everything between the command line and the exit code is here. One that has
//! subcommands of its own ([`Commands`]) says `service::main_with::<Stg, Own>()`.
//!
//! Exit codes: 0 stopped as told, 1 did not stop in time or broke, 64 a setting is missing or malformed
//! ([`Refusal::Settings`]), 69 something the settings point to is missing or turns us away ([`Refusal::Missing`]).

pub use self::{
    commands::Commands,
    description::Description,
    finding::Finding,
    given::Given,
    refusal::Refusal,
    service::{Service, Shared},
    shell::{main, main_with},
    startup::Startup,
};

mod description;
mod refusal;
mod startup;
mod finding;
mod service;
pub mod settings;
mod environment;
mod usage;
mod reference;
mod given;
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
