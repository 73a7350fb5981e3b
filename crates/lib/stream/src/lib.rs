//! A service that reads a Kafka topic: its settings, its topics, its dead letters, its rebuilds, and the start of its loop.
//!
//! A service is a [`Service`]: a [`Description`], its own settings, and a constructor of its processor. Its `main.rs` is
//! one line, `runtime::main::<stream::App<Stg>>()`.

pub use kafka::KAFKA;

pub use self::{
    app::App,
    commands::StreamCommands,
    description::Description,
    service::{Service, Shared},
    settings::Settings,
};

mod description;
mod errors;
pub mod settings;
mod topics;
mod service;
pub mod dead_letters;
pub mod rebuild;
mod check;
mod commands;
mod metrics;
mod app;
