//! What there is to add up, and whether it is time to.

use std::time::Duration;

use consumer::{DependencyError, Failure, Fault};
use database::{Database, Row, Transaction, get, statement};

/// What a look has found.
pub(super) struct Work {
    /// Whether anything has changed since the last refresh.
    pub(super) is_due: bool,
    /// Whether a layer is being rebuilt: what is not there yet is not added up.
    pub(super) is_deferred: bool,
    /// How long it is still to be rested from the last refresh.
    pub(super) rest: Duration,
    /// How long ago that was.
    pub(super) age: Duration,
    /// How long the oldest note of a stale day has waited; 0 if no day is stale.
    pub(super) oldest_note: Duration,
    /// Whether counters or tags have changed.
    pub(super) is_written: bool,
    /// How often they had changed at the moment of the look; only to be compared.
    pub(super) writes: String,
}

/// Looks by itself.
pub(super) async fn look(database: &Database, every: Duration) -> Result<Work, Failure> {
    let transaction = database.begin_batch().await?;
    let work = read(&transaction, every).await?;
    transaction.commit().await?;
    Ok(work)
}

/// Looks as a part of `transaction`. `every`: the least time between two refreshes.
pub(super) async fn read(transaction: &Transaction, every: Duration) -> Result<Work, Failure> {
    let every = i64::try_from(every.as_millis()).unwrap_or(i64::MAX);
    let rows = transaction.query(&statement!("cdm/summary/select_summary_due"), [&every]).await?;
    let row = rows.first().ok_or_else(|| {
        let error = "cdm_summary.refreshes is empty; it has to have its one row";
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

/// Those of a column; what is over already is nothing.
pub(super) fn milliseconds(row: &Row, at: usize) -> Result<Duration, Failure> {
    Ok(Duration::from_millis(u64::try_from(get::<i64>(row, at)?).unwrap_or(0)))
}
