//! The loop's promises, on a source, a layer and a publisher in memory, in time that passes by itself.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

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
