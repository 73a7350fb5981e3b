//! Tests of devstack on real processes.

mod advertised;
mod command;
mod elt;
mod faults;
mod proxy;
mod secured;
mod sharing;
#[expect(clippy::panic, clippy::unwrap_used, reason = "clippy knows tests, not their helpers")]
mod support;
