//! How often a partition has come to stay with this member.

/// One stay of a partition with this member. A partition that was lost and came back is in another one: in between,
/// somebody else may have read further than our batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AssignmentGeneration(pub(crate) u64);
