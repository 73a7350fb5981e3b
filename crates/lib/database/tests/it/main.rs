//! Tests of the PostgreSQL client with a real server.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking, also in helpers")]

mod fresh_database;
mod migrations;
mod transactions;
mod reads;
mod failures;
mod outages;
mod pooler;
mod tls;
mod foreign_keys;
mod statements;
mod settings;
mod hijack;
