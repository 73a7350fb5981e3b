//! Changes of a whole segment: create, revive, fill with a share of the users, delete.

use std::time::Duration;

use consumer::Failure;
use database::{PgTimestamp, Statement, Transaction, get, statement};
use futures_util::try_join;
use serde_json::json;

use super::{Cause, Changes, Error, clock, expire, fill, locks, operation::Operation, plan::Segment, user};
use crate::percent::Percent;

const INSERT: Statement = statement!("segments/segments/insert_segment");
const SELECT: Statement = statement!("segments/segments/select_segment");
const SELECT_BY_ID: Statement = statement!("segments/segments/select_segments");
const REVIVE: Statement = statement!("segments/segments/revive_segment");
const DELETE: Statement = statement!("segments/segments/delete_segment");
const CLOSE_ALL: Statement = statement!("segments/memberships/close_segment_memberships");

/// An alive segment has the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlreadyExists;

/// Why a segment cannot be created and filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CannotCreate {
    /// An alive segment has the name.
    AlreadyExists,
    /// These segments to include or exclude do not exist or are deleted.
    Filters(Vec<String>),
}

/// Why a segment cannot be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CannotDelete {
    /// There is none with this name.
    Unknown,
    /// It is deleted already.
    Deleted,
}

impl Changes {
    /// Creates a segment, or revives a deleted one without its refresh, and adds the active users of its first `buckets`
    /// buckets.
    ///
    /// # Errors
    /// The name is taken by an alive segment, or the database does not answer.
    pub async fn create_segment(&self, name: &str, buckets: i32, cause: &Cause) -> Result<(), Error<AlreadyExists>> {
        let created = self.create_filled_segment(name, &Percent::of_all(buckets), None, cause).await;
        created.map_err(|error| match error {
            Error::Rejected(_) => Error::Rejected(AlreadyExists),
            Error::Failure(failure) => Error::Failure(failure),
        })
    }

    /// The same with a share of certain users, for a time.
    ///
    /// # Errors
    /// The name is taken by an alive segment, a segment to include or exclude does not exist, or the database does not
    /// answer.
    pub async fn create_filled_segment(
        &self,
        name: &str,
        percent: &Percent,
        time_to_live: Option<Duration>,
        cause: &Cause,
    ) -> Result<(), Error<CannotCreate>> {
        let transaction = self.database.begin_change().await?;
        match create(&transaction, name, percent, time_to_live, cause).await {
            Ok(()) => Ok(transaction.commit().await?),
            Err(Error::Rejected(rejected)) => {
                transaction.rollback().await?;
                Err(Error::Rejected(rejected))
            }
            Err(failure) => Err(failure),
        }
    }

    /// Deletes a segment: its members leave it in the same transaction. The row stays.
    ///
    /// # Errors
    /// There is no such segment, or the database does not answer.
    pub async fn delete_segment(&self, name: &str, cause: &Cause) -> Result<(), Error<CannotDelete>> {
        let transaction = self.database.begin_change().await?;
        match delete(&transaction, name, cause).await {
            Ok(()) => Ok(transaction.commit().await?),
            Err(Error::Rejected(rejected)) => {
                transaction.rollback().await?;
                Err(Error::Rejected(rejected))
            }
            Err(failure) => Err(failure),
        }
    }
}

async fn create(
    transaction: &Transaction,
    name: &str,
    percent: &Percent,
    time_to_live: Option<Duration>,
    cause: &Cause,
) -> Result<(), Error<CannotCreate>> {
    let created = transaction.query(&INSERT, [&name]).await?;
    let id = match created.first() {
        Some(row) => get(row, 0)?,
        None => find(transaction, name).await?.unwrap_or_default(),
    };
    let (segment, now) = lock(transaction, id).await?;
    if created.is_empty() && segment.is_some_and(|segment| segment.is_alive) {
        return Err(Error::Rejected(CannotCreate::AlreadyExists));
    }
    let filters = fill::filters(transaction, percent).await?;
    let filters = filters.map_err(|missing| Error::Rejected(CannotCreate::Filters(missing)))?;
    let kind = if created.is_empty() { "revive_segment" } else { "create_segment" };
    record(transaction, kind, id, now, cause, json!({ "name": name })).await?;
    if created.is_empty() {
        transaction.execute(&REVIVE, [&id, &now]).await?;
    }
    if percent.buckets > 0 {
        fill::fill(transaction, (id, name), percent, &filters, (now, time_to_live), cause).await?;
    }
    Ok(())
}

/// Deletes a segment in a transaction.
pub(super) async fn delete(transaction: &Transaction, name: &str, cause: &Cause) -> Result<(), Error<CannotDelete>> {
    let Some(id) = find(transaction, name).await? else {
        return Err(Error::Rejected(CannotDelete::Unknown));
    };
    let (segment, now) = lock(transaction, id).await?;
    if segment.is_none_or(|segment| !segment.is_alive) {
        return Err(Error::Rejected(CannotDelete::Deleted));
    }
    expire::expire(transaction, id, now).await?;
    let operation_id = record(transaction, "delete_segment", id, now, cause, json!({ "name": name })).await?;
    transaction.execute(&CLOSE_ALL, [&id, &now, &operation_id]).await?;
    transaction.execute(&DELETE, [&id, &now]).await?;
    Ok(())
}

/// The id of a segment. Names and ids never change.
pub(super) async fn find(transaction: &Transaction, name: &str) -> Result<Option<i32>, Failure> {
    if name.contains('\0') {
        return Ok(None);
    }
    let rows = transaction.query(&SELECT, [&name]).await?;
    rows.first().map(|row| get(row, 0)).transpose()
}

/// Locks a whole segment; then reads it, and the clock.
pub(super) async fn lock(transaction: &Transaction, id: i32) -> Result<(Option<Segment>, PgTimestamp), Failure> {
    let ids = vec![id];
    let ((), rows, now) =
        try_join!(locks::segment(transaction, id), transaction.query(&SELECT_BY_ID, [&ids]), clock(transaction),)?;
    Ok((rows.first().map(user::segment).transpose()?, now))
}

pub(super) async fn record(
    transaction: &Transaction,
    kind: &'static str,
    id: i32,
    at: PgTimestamp,
    cause: &Cause,
    detail: serde_json::Value,
) -> Result<i64, Failure> {
    Operation { kind, at, cause, segment_id: Some(id), user_id: None, detail }.insert(transaction).await
}
