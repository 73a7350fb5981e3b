//! Tests of the PostgreSQL client with a real server.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

mod fresh_database;
mod migrations;
mod transactions;
mod failures;
mod outages;
mod pooler;
mod tls;
mod foreign_keys;
mod statements;
mod settings;
mod hijack;
