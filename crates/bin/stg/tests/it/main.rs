//! What becomes of orders in STG: the pure half, and the commands on parked orders, with names from a directory made by hand.

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
