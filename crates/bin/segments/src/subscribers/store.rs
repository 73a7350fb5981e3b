//! Subscriptions and their syncs in the database.

use uuid::Uuid;

/// A subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The number.
    pub id: i32,
    /// The number of the segment.
    pub segment_id: i32,
    /// The id of the segment.
    pub segment: Uuid,
    /// The name of the segment.
    pub segment_name: String,
    /// `webhook`, `kafka` or `csv`.
    pub target: String,
    /// The rendered name.
    pub audience: String,
    /// The URL, the topic or the path.
    pub destination: String,
    /// As JSON.
    pub params: String,
    /// The whole audience at once.
    pub is_full: bool,
    /// Five fields, UTC. `None`: immediate.
    pub cron: Option<String>,
    /// The status.
    pub status: String,
    /// It has ended.
    pub is_ended: bool,
    /// The secrets of a webhook that are valid, the newest first.
    pub secrets: Vec<Vec<u8>>,
}
