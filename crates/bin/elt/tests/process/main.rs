//! elt-service as a process, on real PostgreSQL and Redis: the service, its commands, its page.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod fixture;
mod service;
mod shell;
mod ticks;
mod folder;
mod outages;
mod replicas;
mod stopping;
mod secrets;
mod commands;
mod wrong_files;
mod roles;
