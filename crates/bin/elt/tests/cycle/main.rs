//! Cycles of jobs on real PostgreSQL and Redis.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod fixture;
mod customer;
mod unchanged;
mod keys;
mod histories;
mod values;
mod restored;
#[cfg(feature = "failpoints")]
mod child;
#[cfg(feature = "failpoints")]
mod killed;
#[cfg(feature = "failpoints")]
mod frozen;
mod refused;
mod large;
mod row_by_row;
mod network;
mod statements;
mod migrations;
