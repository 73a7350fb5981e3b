//! Comparison of targets and segments with a model that reads the marts, and nothing of segments-service.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use harness::webhook::Receiver;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::orders::TAG;
use super::service::Service;
use super::setup::{PERCENT, QUERY, QUERY_SEGMENT, ROLLOUT, SECOND_TAG, encoded, files};
use super::targets;
use crate::fixture::Fixture;

/// Time limit for the targets to have everything.
const WAIT_TIMEOUT: Duration = Duration::from_secs(60);

type Users = BTreeSet<Uuid>;

/// What was found in the end.
pub(super) struct Findings {
    pub(super) segments: u64,
    pub(super) members: u64,
    pub(super) tags_assigned: u64,
    pub(super) webhook_changes: u64,
    pub(super) kafka_changes: u64,
    pub(super) csv_members: usize,
    /// Each comparison: its name, the number of members, and the users that only one side has.
    pub(super) comparisons: Vec<(String, usize, usize)>,
}

/// Where to look.
pub(super) struct Look<'a> {
    pub(super) fixture: &'a Fixture,
    pub(super) service: &'a Service,
    pub(super) receiver: &'a Receiver,
    pub(super) folder: &'a Path,
}

impl Look<'_> {
    /// Waits until nothing differs, or the time is over.
    pub(super) async fn findings(&self) -> Result<Findings> {
        let mut last = self.once().await?;
        let deadline = tokio::time::Instant::now() + WAIT_TIMEOUT;
        while last.differences() > 0 && tokio::time::Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(500)).await;
            last = self.once().await?;
        }
        Ok(last)
    }

    async fn once(&self) -> Result<Findings> {
        let tag = "SELECT DISTINCT user_id FROM cdm.user_tags WHERE tag =";
        let pizza = self.users(&format!("{tag} '{TAG}'")).await?;
        let sweets = self.users(&format!("{tag} '{SECOND_TAG}'")).await?;
        let query = self.users(QUERY).await?;
        let everybody = self.users("SELECT guid FROM segments.users WHERE status = 'active'").await?;
        let share: Users = everybody.into_iter().filter(|user| is_in_share(ROLLOUT, user)).collect();
        let topic = targets::topic(&self.fixture.broker).await?;
        let file = targets::file(&files(self.folder).join("crm"))?;
        let (webhook, webhook_changes) = (self.receiver.members(), self.receiver.applied());
        let mut comparisons = Vec::new();
        let mut compare = |name: String, found: &Users, expected: &Users| {
            comparisons.push((name, found.len(), found.symmetric_difference(expected).count()));
        };
        compare(format!("webhook: {TAG}"), &webhook, &pizza);
        compare(format!("topic: {QUERY_SEGMENT}"), &topic.members(), &query);
        compare(format!("folder: {ROLLOUT}"), &file, &share);
        for (name, expected) in [(TAG, &pizza), (SECOND_TAG, &sweets), (QUERY_SEGMENT, &query), (ROLLOUT, &share)] {
            compare(format!("segment: {name}"), &self.members(name).await?, expected);
        }
        Ok(Findings {
            segments: self.number("SELECT count(*) FROM segments.segments WHERE actual_end = 'infinity'").await?,
            members: self.number("SELECT count(*) FROM segments.memberships WHERE closed_by IS NULL").await?,
            tags_assigned: self.number("SELECT count(*) FROM cdm.user_tags").await?,
            webhook_changes,
            kafka_changes: topic.applied(),
            csv_members: file.len(),
            comparisons,
        })
    }

    /// The members of a segment, by the service.
    async fn members(&self, segment: &str) -> Result<Users> {
        // A tag that nobody has is no segment.
        let count = "SELECT count(*) FROM segments.segments WHERE name = $1";
        if self.fixture.database.query_one(count, &[&segment]).await?.try_get::<_, i64>(0)? == 0 {
            return Ok(Users::new());
        }
        let name = encoded(segment);
        let text = self.service.text(&format!("/segments/{name}/members/export")).await?;
        let user = |line: &str| Ok(line.split(',').next().unwrap_or_default().parse()?);
        text.lines().skip(1).map(user).collect()
    }

    async fn users(&self, statement: &str) -> Result<Users> {
        let rows = self.fixture.database.query(statement, &[]).await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    async fn number(&self, statement: &str) -> Result<u64> {
        let count: i64 = self.fixture.database.query_one(statement, &[]).await?.try_get(0)?;
        Ok(u64::try_from(count)?)
    }
}

impl Findings {
    /// Users that only one side of a comparison has.
    pub(super) fn differences(&self) -> u64 {
        self.comparisons.iter().map(|(_, _, differences)| *differences as u64).sum()
    }
}

/// Whether a user is in the share of a segment, as the contract defines it.
fn is_in_share(segment: &str, user: &Uuid) -> bool {
    let hash = Sha256::digest(format!("{segment}:{user}"));
    let first = hash.iter().take(4).fold(0_u64, |first, byte| first << 8 | u64::from(*byte));
    (first * 10_000) >> 32 < PERCENT * 100
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_follow_the_hash() {
        let users = (0..10_000).map(Uuid::from_u128);
        let count = users.filter(|user| is_in_share(ROLLOUT, user)).count();
        assert!((900..1100).contains(&count), "{count}");
        assert!(is_in_share("A", &Uuid::nil()), "its bucket is 12");
        assert!(!is_in_share("AVITO_MUSIC_SERVICE", &Uuid::nil()), "its bucket is 5678");
    }
}
