//! The health of the loop: heartbeat, step, stalls, skipped records; the reasons in `/ready`, and metrics.

pub mod loop_health;
pub(crate) mod stall;
pub(crate) mod skipped;
mod readiness;
pub(crate) mod metrics;
