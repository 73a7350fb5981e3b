//! The desired set of a segment, in a temporary table, and how the memberships are made to agree with it.
//!
//! The set is read without the lock of the segment, which is taken only to apply it. A membership that began after the
//! set was read is left alone. The differences are found once, and stored in a second temporary table.

use consumer::Failure;
use database::{PgTimestamp, Statement, Transaction, get, statement};
use futures_util::try_join;

use super::fill::Filters;
use crate::percent::{Match, Percent};

const CREATE: Statement = statement!("segments/desired/create_desired");
const CREATE_DIFFERENCES: Statement = statement!("segments/desired/create_differences");
const BULK: Statement = statement!("segments/memberships/set_bulk_settings");
const SNAPSHOT: Statement = statement!("segments/refresh/select_snapshot");
const PERCENT: Statement = statement!("segments/desired/desire_percent");
const KEEP: Statement = statement!("segments/desired/keep_members");
const ANALYZE: Statement = statement!("segments/desired/analyze_desired");
const FIND: Statement = statement!("segments/desired/find_differences");
const ANALYZE_DIFFERENCES: Statement = statement!("segments/desired/analyze_differences");
const COUNT: Statement = statement!("segments/desired/count_differences");
const CLOSE: Statement = statement!("segments/desired/close_leavers");
const REPLACE: Statement = statement!("segments/desired/replace_hashes");
const OPEN: Statement = statement!("segments/desired/open_joiners");
const SUCCESS: Statement = statement!("segments/refresh/record_success");

/// What is visible when the set is read.
#[derive(Debug, Clone)]
pub(crate) struct Read {
    /// The clock.
    pub(crate) at: PgTimestamp,
    /// The transactions.
    snapshot: String,
}

/// What a refresh would change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Difference {
    /// Members, by a refresh or by request.
    pub members: i64,
    /// Those of them whom a refresh has put in, and who leave.
    pub leaving: i64,
    /// Users who join.
    pub joining: i64,
    /// Users who should be members.
    pub desired: i64,
    /// Members whose hashes have changed.
    pub replaced: i64,
}

/// What a refresh has changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Applied {
    pub(crate) joined: u64,
    pub(crate) left: u64,
    pub(crate) replaced: u64,
}

/// Creates the tables, and notes what is visible before the set is read.
pub(crate) async fn begin(transaction: &Transaction) -> Result<Read, Failure> {
    let (_, _, _, rows) = try_join!(
        transaction.execute(&CREATE, []),
        transaction.execute(&CREATE_DIFFERENCES, []),
        transaction.query(&BULK, []),
        transaction.query(&SNAPSHOT, [])
    )?;
    match rows.first() {
        Some(row) => Ok(Read { at: get(row, 0)?, snapshot: get(row, 1)? }),
        None => Ok(Read { at: PgTimestamp::INFINITY, snapshot: String::new() }),
    }
}

/// Fills it with a percentage. The assignment of percentages is locked.
pub(crate) async fn percent(
    transaction: &Transaction,
    (id, name): (i32, &str),
    percent: &Percent,
    filters: &Filters,
    at: PgTimestamp,
) -> Result<(), Failure> {
    let (include, exclude) = filters.ids();
    let is_any = percent.matching == Match::Any;
    transaction.execute(&PERCENT, [&name, &percent.buckets, include, exclude, &is_any, &at]).await?;
    if percent.sticky {
        transaction.execute(&KEEP, [&id]).await?;
    }
    Ok(())
}

/// Compares it with the memberships of a segment, and stores the differences.
pub(crate) async fn compare(transaction: &Transaction, id: i32, read: &Read) -> Result<Difference, Failure> {
    // Gives the planner the size of the set. Without it, comparing large sets takes minutes.
    transaction.execute(&ANALYZE, []).await?;
    if transaction.execute(&FIND, [&id, &read.at]).await? > 0 {
        transaction.execute(&ANALYZE_DIFFERENCES, []).await?;
    }
    let rows = transaction.query(&COUNT, [&id]).await?;
    let Some(row) = rows.first() else { return Ok(Difference::default()) };
    Ok(Difference {
        members: get(row, 0)?,
        desired: get(row, 1)?,
        joining: get(row, 2)?,
        leaving: get(row, 3)?,
        replaced: get(row, 4)?,
    })
}

/// Changes the memberships of a locked segment whose expired ones are closed, as [`compare`] has found under the lock.
pub(crate) async fn apply(
    transaction: &Transaction,
    id: i32,
    (now, operation_id): (PgTimestamp, i64),
    difference: &Difference,
) -> Result<Applied, Failure> {
    let mut applied = Applied::default();
    if difference.leaving > 0 {
        applied.left = transaction.execute(&CLOSE, [&now, &operation_id]).await?;
    }
    if difference.replaced > 0 {
        applied.replaced = transaction.execute(&REPLACE, [&id, &now, &operation_id]).await?;
    }
    if difference.joining > 0 {
        applied.joined = transaction.execute(&OPEN, [&id, &now, &operation_id]).await?;
    }
    Ok(applied)
}

/// Records that a segment was refreshed with what was visible then.
pub(crate) async fn record_success(transaction: &Transaction, id: i32, read: &Read) -> Result<(), Failure> {
    transaction.execute(&SUCCESS, [&id, &read.at, &read.snapshot]).await.map(drop)
}
