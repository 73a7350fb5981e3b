//! The assignment generation of a partition.

/// One period in which a partition is assigned to this member. A partition that was revoked and assigned again has a
/// new generation, because another member may have read further than a batch of the former generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AssignmentGeneration(pub(crate) u64);
