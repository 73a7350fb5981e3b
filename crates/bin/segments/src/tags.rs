//! Tags of the order warehouse as segments: each tag text is a segment, and the users with the tag are its members.
//!
//! A record of `cdm-service-tags` only names a user; the tags are read from `cdm.user_tags`. So order, repetition and loss of
//! records do not matter. Every hour each tag segment is refreshed as a whole, as any automatic segment.

use std::time::Duration;

use consumer::Failure;
use schedule::Schedule;
use tokio_util::sync::CancellationToken;

pub use self::{reason::Reason, records::TagRecords};
use crate::changes::Changes;

pub(crate) mod records;
mod reason;

/// How often segments of new tags, and users who have one, are looked for.
const EVERY: Duration = Duration::from_secs(3600);

/// Runs until `stop` is cancelled.
pub(crate) async fn run(changes: &Changes, stop: &CancellationToken) -> anyhow::Result<()> {
    let round = async || create_missing(changes).await;
    Ok(schedule::run_task("tags", &Schedule::Every(EVERY), stop, round).await?)
}

/// Creates the segments of tags, and the users with tags, that do not exist. Their segments are due then.
///
/// # Errors
/// The database does not answer.
pub async fn create_missing(changes: &Changes) -> Result<(), Failure> {
    changes.create_tag_segments(None).await?;
    while changes.create_tagged_users().await? > 0 {}
    Ok(())
}
