//! Pending work of the summary: what has changed, and whether a refresh is due.

use std::time::Duration;

use consumer::{DependencyError, Failure, Fault};
use database::{Database, Row, Transaction, get, statement};

/// The pending work.
pub(super) struct Work {
    /// Whether anything has changed since the last refresh.
    pub(super) is_due: bool,
    /// Whether a layer is being rebuilt. Its incomplete tables are not summarized.
    pub(super) is_deferred: bool,
    /// Remaining pause since the last refresh.
    pub(super) rest: Duration,
    /// Time since the last refresh.
    pub(super) age: Duration,
    /// Age of the oldest stale day; 0 if no day is stale.
    pub(super) oldest_note: Duration,
    /// Whether counters or tags have changed.
    pub(super) is_written: bool,
    /// Number of changes of counters and tags so far; only compared with other values.
    pub(super) writes: String,
}

/// Reads the pending work in a transaction of its own.
pub(super) async fn look(database: &Database, every: Duration) -> Result<Work, Failure> {
    let transaction = database.begin_batch().await?;
    let work = read(&transaction, every).await?;
    transaction.commit().await?;
    Ok(work)
}

/// Reads the pending work in `transaction`. `every`: minimum time between two refreshes.
pub(super) async fn read(transaction: &Transaction, every: Duration) -> Result<Work, Failure> {
    let every = i64::try_from(every.as_millis()).unwrap_or(i64::MAX);
    let rows = transaction.query(&statement!("cdm/summary/select_summary_due"), [&every]).await?;
    let row = rows.first().ok_or_else(|| {
        let error = "cdm_summary.refreshes is empty; it must have exactly one row";
        DependencyError::new(database::POSTGRES, error).with(Fault::Rejected("no row".to_owned()))
    })?;
    Ok(Work {
        is_due: get(row, 0)?,
        is_deferred: get(row, 1)?,
        rest: milliseconds(row, 2)?,
        age: milliseconds(row, 3)?,
        oldest_note: milliseconds(row, 4)?,
        is_written: get(row, 5)?,
        writes: get(row, 6)?,
    })
}

/// Reads a column of milliseconds; a negative value becomes 0.
pub(super) fn milliseconds(row: &Row, at: usize) -> Result<Duration, Failure> {
    Ok(Duration::from_millis(u64::try_from(get::<i64>(row, at)?).unwrap_or(0)))
}
