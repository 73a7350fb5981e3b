//! A refresh of the summary: one transaction.

use std::time::Duration;

use consumer::{Failure, Fault};
use database::{Database, Parameter, Statement, Transaction, get, statement};

use super::{trouble::Trouble, work};

/// Statements for stale days, in this order: the total of a product is computed from its days.
const DAYS: [Statement; 3] = [
    statement!("cdm/summary/tables/summarize_order_hours"),
    statement!("cdm/summary/tables/summarize_product_days"),
    statement!("cdm/summary/tables/summarize_category_days"),
];

/// Statements for totals over all days.
const NAMES: [Statement; 3] = [
    statement!("cdm/summary/tables/summarize_products"),
    statement!("cdm/summary/tables/summarize_categories"),
    statement!("cdm/summary/tables/summarize_restaurants"),
];

/// Statements for counters and tags. The totals of tags come last, because they read the tables written before.
const USERS: [Statement; 6] = [
    statement!("cdm/summary/tables/summarize_product_users"),
    statement!("cdm/summary/tables/summarize_category_users"),
    statement!("cdm/summary/tables/summarize_tags"),
    statement!("cdm/summary/tables/summarize_tag_progress"),
    statement!("cdm/summary/tables/summarize_tag_events"),
    statement!("cdm/summary/tables/summarize_users"),
];

/// The largest number of days in one refresh. Consecutive days are read together.
const DAYS_AT_ONCE: i64 = 31;

/// Refreshes stale days and returns how long it took. `None`: another replica refreshes, a layer is being
/// rebuilt, or its tables are being emptied. Records failing days in `trouble`.
///
/// The source tables are locked before the rebuild is looked up. A rebuild truncates them at its beginning, so it waits
/// for the refresh or the refresh waits for it, and no day is added up from a vault that is being filled. Each
/// statement sees what is committed when it begins. An order that has changed since the notes were taken has left a new
/// note.
pub(super) async fn refresh(
    database: &Database,
    every: Duration,
    trouble: &mut Trouble,
) -> Result<Option<Duration>, Failure> {
    let transaction = database.begin_maintenance().await?;
    if !lock(&transaction).await? {
        return Ok(None);
    }
    let work = work::read(&transaction, every).await?;
    if work.is_deferred || !work.is_due || !work.rest.is_zero() {
        transaction.rollback().await?;
        return Ok(None);
    }
    transaction.execute(&statement!("cdm/summary/plan_summary"), []).await?;
    let left = summarize_days(&transaction, trouble).await?;
    if work.is_written {
        for statement in &USERS {
            transaction.execute(statement, []).await?;
        }
    }
    let finished = transaction.query(&statement!("cdm/summary/finish_summary"), [&work.writes, &left]).await?;
    let took = finished.first().map_or(Ok(Duration::ZERO), |row| work::milliseconds(row, 0))?;
    transaction.commit().await?;
    trouble.refreshed();
    tracing::debug!(?took, days_left = left, "the summary is refreshed");
    Ok(Some(took))
}

/// Locks out other replicas and rebuilds. Returns `false` if one of them holds a lock.
async fn lock(transaction: &Transaction) -> Result<bool, Failure> {
    let locked = transaction.query(&statement!("cdm/summary/try_lock_summary"), []).await?;
    if !locked.first().map_or(Ok(false), |row| get(row, 0))? {
        return Ok(false);
    }
    match transaction.execute(&statement!("cdm/summary/lock_summary_sources"), []).await {
        Ok(_) => Ok(true),
        // "Lock not available".
        Err(Failure::Dependency(error)) if error.fault == Fault::Rejected("55P03".to_owned()) => Ok(false),
        Err(failure) => Err(failure),
    }
}

/// Adds up stale days and returns how many are left for the next refresh.
async fn summarize_days(transaction: &Transaction, trouble: &mut Trouble) -> Result<i64, Failure> {
    let parameters: [&dyn Parameter; 3] = [&DAYS_AT_ONCE, &trouble.days(), &trouble.is_one_by_one()];
    let runs = transaction.query(&statement!("cdm/summary/take_stale_days"), parameters).await?;
    let Some(end) = runs.last() else { return Ok(0) };
    for run in &runs {
        let (first, last): (&str, &str) = (get(run, 0)?, get(run, 1)?);
        for statement in &DAYS {
            transaction.execute(statement, [&first, &last]).await.inspect_err(|_| trouble.failed(first, last))?;
        }
    }
    for statement in &NAMES {
        transaction.execute(statement, []).await?;
    }
    get(end, 2)
}
