//! Live percentages that a user joins in the transaction that creates or activates the user.
//!
//! Creation and assignment exclude each other: creation takes the lock of assignments shared, assignment takes it
//! exclusive. So a user who is created during an assignment is either seen by it, or sees it.

use consumer::Failure;
use database::{PgTimestamp, Statement, Transaction, get, statement};
use serde_json::{Value, json};
use uuid::Uuid;

use super::locks;
use crate::bucket::bucket;

const SELECT: Statement = statement!("segments/percent/select_live_segments");
const JOIN: Statement = statement!("segments/percent/join_live_segments");

/// A segment with a live percentage, without include and exclude.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Live {
    pub(super) segment_id: i32,
    name: String,
    buckets: i32,
}

/// Takes the lock of assignments, and reads the live percentages. Their segments have to be locked next.
pub(super) async fn begin(transaction: &Transaction) -> Result<Vec<Live>, Failure> {
    locks::assignment_shared(transaction).await?;
    select(transaction).await
}

/// The same with their segments locked.
pub(super) async fn lock(transaction: &Transaction) -> Result<Vec<Live>, Failure> {
    let ids: Vec<i32> = begin(transaction).await?.iter().map(|live| live.segment_id).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    locks::segment_ids(transaction, &ids).await?;
    select(transaction).await
}

/// The live percentages. After the locks of their segments: those that are alive.
pub(super) async fn select(transaction: &Transaction) -> Result<Vec<Live>, Failure> {
    let rows = transaction.query(&SELECT, []).await?;
    rows.iter().map(|row| Ok(Live { segment_id: get(row, 0)?, name: get(row, 1)?, buckets: get(row, 2)? })).collect()
}

/// Those in whose share a user is, with the bucket.
pub(super) fn of_user(live: &[Live], guid: Uuid) -> Vec<(&Live, i32)> {
    let buckets = live.iter().map(|live| (live, bucket(&live.name, guid)));
    buckets.filter(|(live, bucket)| *bucket < live.buckets).collect()
}

/// What an operation records of them.
pub(super) fn detail(joined: &[(&Live, i32)]) -> Value {
    let added = joined.iter().map(|(live, bucket)| {
        json!({ "segment_id": live.segment_id, "percent": f64::from(live.buckets) / 100.0, "bucket": bucket })
    });
    added.collect()
}

/// Their segments.
pub(super) fn ids(joined: &[(&Live, i32)]) -> Vec<i32> {
    joined.iter().map(|(live, _)| live.segment_id).collect()
}

/// Opens managed memberships of a user.
pub(super) async fn join(
    transaction: &Transaction,
    user_id: i32,
    joined: &[(&Live, i32)],
    now: PgTimestamp,
    operation_id: i64,
) -> Result<(), Failure> {
    if joined.is_empty() {
        return Ok(());
    }
    let ids = ids(joined);
    transaction.execute(&JOIN, [&user_id, &operation_id, &now, &ids]).await.map(drop)
}
