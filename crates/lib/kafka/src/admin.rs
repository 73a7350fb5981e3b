//! Administration: topics, consumer groups, metadata of the cluster.

pub(crate) mod watermarks;
pub(crate) mod topic_identity;
pub(crate) mod topic_watch;
pub(crate) mod metadata_client;
pub(crate) mod advertised;
pub(crate) mod topic;
pub(crate) mod topics;
pub(crate) mod group;
