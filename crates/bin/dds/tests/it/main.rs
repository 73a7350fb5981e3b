//! Tests of dds: the pure transformation against a small model, and the store and the key cache on a real database.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod story;
mod arrivals;
mod memory_database;
mod recount;
mod any_arrival;
mod repetition;
mod satellites;
mod touched;
mod names;
mod refusals;
mod fixture;
mod states;
mod stale;
mod key_cache;
mod deleted_rows;
