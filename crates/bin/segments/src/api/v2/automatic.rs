//! Automatic segments: assign a percentage, refresh, preview; sources and the log of runs.

pub(super) mod assign;
pub(super) mod refresh;
pub(super) mod preview;
pub(super) mod sources;
pub(super) mod log;
