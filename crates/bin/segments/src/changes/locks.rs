//! The locks of a change, in their order: the assignment of live percentages, segments by id, then the user.

use consumer::Failure;
use database::{Statement, Transaction, get, statement};

use super::plan::Who;

const SEGMENTS: Statement = statement!("segments/locks/lock_segments_shared");
const SEGMENT_IDS: Statement = statement!("segments/locks/lock_segment_ids_shared");
const SEGMENT: Statement = statement!("segments/locks/lock_segment");
const ASSIGNMENT: Statement = statement!("segments/locks/lock_assignment");
const ASSIGNMENT_SHARED: Statement = statement!("segments/locks/lock_assignment_shared");
const USER: Statement = statement!("segments/locks/lock_user");

/// Locks segments by name, to change one user in them. Returns the ids of those that exist.
pub(super) async fn segments(transaction: &Transaction, names: &[&str]) -> Result<Vec<i32>, Failure> {
    // A name with U+0000 does not exist, and cannot be sent.
    let names: Vec<&str> = names.iter().copied().filter(|name| !name.contains('\0')).collect();
    let rows = transaction.query(&SEGMENTS, [&names]).await?;
    rows.iter().map(|row| get(row, 0)).collect()
}

/// Locks segments by id, to change one user in them.
pub(super) async fn segment_ids(transaction: &Transaction, ids: &[i32]) -> Result<(), Failure> {
    transaction.query(&SEGMENT_IDS, [&ids]).await.map(drop)
}

/// Locks a whole segment.
pub(super) async fn segment(transaction: &Transaction, id: i32) -> Result<(), Failure> {
    transaction.query(&SEGMENT, [&id]).await.map(drop)
}

/// Locks the assignment of live percentages, to change one.
pub(crate) async fn assignment(transaction: &Transaction) -> Result<(), Failure> {
    transaction.query(&ASSIGNMENT, []).await.map(drop)
}

/// Locks the assignment of live percentages, to create or activate a user.
pub(super) async fn assignment_shared(transaction: &Transaction) -> Result<(), Failure> {
    transaction.query(&ASSIGNMENT_SHARED, []).await.map(drop)
}

/// Locks a user, if there is one.
pub(super) async fn user(transaction: &Transaction, who: &Who) -> Result<Option<i32>, Failure> {
    let (id, guid, source_id) = who.ids();
    let rows = transaction.query(&USER, [&id, &guid, &source_id]).await?;
    rows.first().map(|row| get(row, 0)).transpose()
}
