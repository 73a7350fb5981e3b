//! Tags of the order warehouse: segments and users are created for them, and one user's tag segments follow the tags.

use std::collections::BTreeSet;

use consumer::Failure;
use database::{PgTimestamp, Statement, Transaction, get, statement};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::changes::{
    Cause, Changes, clock,
    live::{self},
    locks,
    operation::Operation,
    plan::Who,
    status, user,
};

const SEGMENTS: Statement = statement!("segments/tags/create_tag_segments");
const USERS: Statement = statement!("segments/tags/create_tagged_users");
const HUB: Statement = statement!("segments/tags/select_hub_user");
const TAGS: Statement = statement!("segments/tags/select_tag_segments");
const EXPIRED: Statement = statement!("segments/tags/select_expired");
const CLOSE: Statement = statement!("segments/memberships/close_memberships");
const OPEN: Statement = statement!("segments/percent/join_live_segments");

/// Users who are created at once.
const AT_ONCE: i64 = 1000;

/// A tag segment of a user, and why the user is in it.
struct Tagged {
    segment_id: i32,
    /// Whether the user has the tag, and is active.
    is_wanted: bool,
    /// The open managed membership: its id and its begin.
    open: Option<(i64, PgTimestamp)>,
    tag: String,
    rule_id: Option<i64>,
    order_cnt: Option<i32>,
}

impl Changes {
    /// Creates the segments of tags that do not exist: those of one user, or all. A segment that was created or deleted by
    /// request is left alone, and logged. Returns how many were created.
    pub(crate) async fn create_tag_segments(&self, hub: Option<Uuid>) -> Result<u64, Failure> {
        let transaction = self.database.begin_change().await?;
        let rows = transaction.query(&SEGMENTS, [&hub]).await?;
        transaction.commit().await?;
        let mut created = 0;
        for row in &rows {
            if get(row, 1)? {
                created += 1;
            } else {
                let segment: i32 = get(row, 0)?;
                tracing::info!(
                    segment,
                    "a segment with the name of a tag is left alone: it was made or deleted by request"
                );
            }
        }
        Ok(created)
    }

    /// Creates some of the users with tags who do not exist. Returns how many.
    pub(crate) async fn create_tagged_users(&self) -> Result<u64, Failure> {
        let transaction = self.database.begin_change().await?;
        // Locks live percentages and their segments, which the statement reads.
        live::lock(&transaction).await?;
        let now = clock(&transaction).await?;
        let rows = transaction.query(&USERS, [&now, &AT_ONCE]).await?;
        transaction.commit().await?;
        Ok(rows.len() as u64)
    }

    /// Makes the tag segments of a user those of the tags in the order warehouse. Returns whether anything changed.
    pub(crate) async fn follow_tags(&self, source_id: &str) -> Result<bool, Failure> {
        let Some((hub, user_id)) = self.find_tagged(source_id).await? else { return Ok(false) };
        self.create_tag_segments(Some(hub)).await?;
        let mut segments = BTreeSet::new();
        loop {
            let transaction = self.database.begin_change().await?;
            let ids: Vec<i32> = segments.iter().copied().collect();
            locks::segment_ids(&transaction, &ids).await?;
            locks::user(&transaction, &Who::Id(user_id)).await?;
            // After the locks, so that the last change sees the last tags.
            let tagged = read(&transaction, user_id, hub).await?;
            if tagged.iter().any(|tagged| !segments.contains(&tagged.segment_id)) {
                transaction.rollback().await?;
                segments.extend(tagged.iter().map(|tagged| tagged.segment_id));
                continue;
            }
            let is_changed = write(&transaction, user_id, &tagged).await?;
            transaction.commit().await?;
            return Ok(is_changed);
        }
    }

    /// The hub key of a user with tags, and the user here, who is created if there is none. `None`: the order warehouse does
    /// not know the user.
    async fn find_tagged(&self, source_id: &str) -> Result<Option<(Uuid, i32)>, Failure> {
        let find = async |transaction: &Transaction| {
            let rows = transaction.query(&HUB, [&source_id]).await?;
            let found = rows.first().map(|row| Ok::<_, Failure>((get::<Uuid>(row, 0)?, get::<Option<i32>>(row, 1)?)));
            found.transpose()
        };
        let transaction = self.database.begin_change().await?;
        let mut found = find(&transaction).await?;
        if let Some((hub, None)) = found {
            status::create_guid(&transaction, hub, Some(source_id), &Cause::task("tags")).await?;
            found = find(&transaction).await?;
        }
        transaction.commit().await?;
        Ok(found.and_then(|(hub, user_id)| Some((hub, user_id?))))
    }
}

async fn read(transaction: &Transaction, user_id: i32, hub: Uuid) -> Result<Vec<Tagged>, Failure> {
    let rows = transaction.query(&TAGS, [&user_id, &hub]).await?;
    let tagged = rows.iter().map(|row| {
        let open: Option<i64> = get(row, 2)?;
        let start: Option<PgTimestamp> = get(row, 3)?;
        Ok(Tagged {
            segment_id: get(row, 0)?,
            is_wanted: get(row, 1)?,
            open: open.zip(start),
            tag: get(row, 4)?,
            rule_id: get(row, 5)?,
            order_cnt: get(row, 6)?,
        })
    });
    tagged.collect()
}

/// Opens and closes the memberships that differ, in one operation.
async fn write(transaction: &Transaction, user_id: i32, tagged: &[Tagged]) -> Result<bool, Failure> {
    let joins: Vec<&Tagged> = tagged.iter().filter(|tagged| tagged.is_wanted && tagged.open.is_none()).collect();
    let leaves: Vec<&Tagged> = tagged.iter().filter(|tagged| !tagged.is_wanted && tagged.open.is_some()).collect();
    if joins.is_empty() && leaves.is_empty() {
        return Ok(false);
    }
    let now = clock(transaction).await?;
    let joining: Vec<i32> = joins.iter().map(|tagged| tagged.segment_id).collect();
    // A membership by request whose time is over is closed first. One whose time is not over stays.
    expire(transaction, user_id, &joining, now).await?;
    let removed: Vec<i32> = leaves.iter().map(|tagged| tagged.segment_id).collect();
    let detail = json!({ "added": added(&joins), "removed": removed, "tags": added(&leaves) });
    let cause = &Cause::task("tags");
    let operation = Operation { kind: "change_user", at: now, cause, segment_id: None, user_id: Some(user_id), detail };
    let operation_id = operation.insert(transaction).await?;
    let open = leaves.iter().filter_map(|tagged| tagged.open);
    let (ids, ends): (Vec<i64>, Vec<PgTimestamp>) = open.map(|(id, start)| (id, now.max(start))).unzip();
    transaction.execute(&CLOSE, [&operation_id, &ids, &ends]).await?;
    transaction.execute(&OPEN, [&user_id, &operation_id, &now, &joining]).await?;
    let touched: Vec<i32> = joining.into_iter().chain(removed).collect();
    user::touch(transaction, operation_id, now, &touched).await?;
    Ok(true)
}

/// Closes memberships of a user whose time is over, with an operation each.
async fn expire(transaction: &Transaction, user_id: i32, segments: &[i32], now: PgTimestamp) -> Result<(), Failure> {
    let rows = transaction.query(&EXPIRED, [&user_id, &segments, &now]).await?;
    for row in &rows {
        let (segment_id, id, end): (i32, i64, PgTimestamp) = (get(row, 0)?, get(row, 1)?, get(row, 2)?);
        let (cause, detail) = (&Cause::task("change"), json!({ "count": 1 }));
        let (segment, user) = (Some(segment_id), Some(user_id));
        let operation = Operation { kind: "expire", at: now, cause, segment_id: segment, user_id: user, detail };
        let operation_id = operation.insert(transaction).await?;
        transaction.execute(&CLOSE, [&operation_id, &vec![id], &vec![end]]).await?;
    }
    Ok(())
}

/// What an operation records of tags: the rule, and the number of orders.
fn added(tagged: &[&Tagged]) -> Value {
    let of = |tagged: &&Tagged| {
        let Tagged { segment_id, tag, rule_id, order_cnt, .. } = tagged;
        json!({ "segment_id": segment_id, "tag": tag, "rule_id": rule_id, "order_cnt": order_cnt })
    };
    tagged.iter().map(of).collect()
}
