//! Tests of the loop with in-memory source, processor and publisher, in paused time.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod journal;
mod doubles;
mod world;
mod commits;
mod concurrent;
mod outages;
mod refusals;
mod bisection;
mod stops;
mod outbox;
mod scheduled;
mod memory;
mod heartbeat;
