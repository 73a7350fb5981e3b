//! Tests of the messages, with data files, tables of bad input and random values.

#![expect(clippy::panic, clippy::unwrap_used, reason = "tests fail by panicking")]

mod samples;
mod values;
mod fixtures;
mod malformed;
mod the_future;
mod skipped;
mod fuzz;
mod roundtrips;
mod versions;
mod digests;
mod money;
