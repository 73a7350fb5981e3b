//! Output of a run: report, progress, memory, restarts.

pub(crate) mod report;
pub mod screen;
pub(crate) mod memory;
pub(crate) mod restarts;
