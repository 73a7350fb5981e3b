//! Cycles of jobs on real PostgreSQL and Redis.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod fixture;
mod customer;
mod unchanged;
mod keys;
