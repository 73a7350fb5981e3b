//! What the process does: it reads job files at each tick, runs the jobs that are due, and tells what became of them.

pub(crate) mod settings;
pub(crate) mod servers;
pub(crate) mod check;
pub(crate) mod folder;
pub(crate) mod owners;
pub(crate) mod service_health;
pub(crate) mod status;
pub(crate) mod page;
pub(crate) mod metrics;
mod report;
pub(crate) mod attempt;
mod runner;
pub(crate) mod scheduler;
