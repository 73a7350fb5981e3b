//! Administration of a process: HTTP endpoints, metrics, log, signals, clock.

pub(crate) mod healthcheck;
pub(crate) mod signals;
pub(crate) mod metrics;
pub(crate) mod endpoints;
pub(crate) mod log;
pub(crate) mod log_file;
pub(crate) mod log_copy;
pub mod clock;
