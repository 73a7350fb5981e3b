//! Producing: publisher, dead letters, replays.

pub(crate) mod dead_letter;
pub(crate) mod producer;
pub(crate) mod publisher;
pub(crate) mod parsed_dead_letter;
pub(crate) mod replay_producer;
