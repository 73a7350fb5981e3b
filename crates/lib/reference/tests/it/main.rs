//! Tests of reading names with a real Redis.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking, also in helpers")]

mod redis_database;
mod resolving;
mod outages;
mod commands;
