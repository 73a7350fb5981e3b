//! Checks of stored and published data: audits, marts, the summary, tags, snapshots of whole tables.

pub(crate) mod audit;
mod marts;
pub(crate) mod snapshot;
mod summarized;
pub(crate) mod tags;
