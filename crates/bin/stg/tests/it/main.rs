//! Tests of stg: the pure transformation, background rounds, and the commands on parked orders.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod story;
mod fixture;
mod table;
mod comparisons;
mod missing;
mod any_arrival;
mod rounds;
mod any_interleaving;
mod parked;
