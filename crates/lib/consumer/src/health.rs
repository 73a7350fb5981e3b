//! The health of the loop: heartbeat, step, stalls, skipped records.

pub mod loop_health;
pub(crate) mod stall;
pub(crate) mod skipped;
