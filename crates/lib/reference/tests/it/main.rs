//! Tests of reading names with a real Redis.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod redis_database;
mod resolving;
mod outages;
mod commands;
