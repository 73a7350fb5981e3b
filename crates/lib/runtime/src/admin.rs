//! What operators see: HTTP endpoints, readiness, metrics, log, signals, clock.

pub(crate) mod healthcheck;
pub(crate) mod signals;
pub(crate) mod readiness;
pub(crate) mod metrics;
pub(crate) mod http;
pub(crate) mod log;
pub mod clock;
