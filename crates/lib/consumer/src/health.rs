//! Health of the loop: heartbeat, step, stalls, skipped records, limits of log lines, readiness, metrics.

pub mod loop_health;
pub(crate) mod stall;
pub(crate) mod skipped;
pub(crate) mod log_limiter;
pub(crate) mod readiness;
pub(crate) mod metrics;
