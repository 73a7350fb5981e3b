//! What becomes of orders in the vault, the states and the counters: the pure half against a small model, and what is
//! left out because it is there on a real database.

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
mod going;
