//! Rounds with two replicas of one service: the plan of faults, and the processes.

pub mod plan;
pub(crate) mod replica;
