//! Consuming: the source, the group member, partition progress, commits, and a reader of whole topics.

pub(crate) mod record;
pub(crate) mod generation;
pub(crate) mod in_flight;
pub(crate) mod progress;
pub(crate) mod buffer;
pub(crate) mod ends;
pub(crate) mod pending_commits;
pub(crate) mod commit_request;
pub(crate) mod partition_watch;
pub(crate) mod partitions;
pub(crate) mod context;
pub(crate) mod consumer;
pub(crate) mod receive_now;
pub(crate) mod source;
pub(crate) mod reader;
