//! What `elt.runs` of A holds: the cycles of each job, and whether a cycle has begun and ended since a moment.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use tokio_postgres::Client;

/// The runs of one job, added up.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Totals {
    pub(super) cycles: u64,
    pub(super) read: u64,
    pub(super) inserted: u64,
    pub(super) updated: u64,
    pub(super) deleted: u64,
    pub(super) repaired: u64,
    pub(super) held: u64,
    pub(super) seconds: f64,
}

/// A's clock, in seconds since 1970.
pub(super) async fn clock(client: &Client) -> Result<f64> {
    let statement = "SELECT extract(epoch FROM clock_timestamp())::float8";
    Ok(client.query_one(statement, &[]).await.context("A's clock")?.try_get(0)?)
}

/// The jobs that have ended a cycle with these outcomes which began after this moment, and the end of the last.
pub(super) async fn since(client: &Client, moment: f64, outcomes: &[&str]) -> Result<BTreeMap<String, f64>> {
    let statement = include_str!("../../sql/select_runs_since.sql");
    let rows = client.query(statement, &[&moment, &outcomes]).await.context("the runs")?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

/// The totals of each job.
pub(super) async fn totals(client: &Client) -> Result<BTreeMap<String, Totals>> {
    let rows = client.query(include_str!("../../sql/select_run_totals.sql"), &[]).await.context("the runs")?;
    let totals = |row: &tokio_postgres::Row| {
        let number = |name: &str| -> Result<u64> { Ok(u64::try_from(row.try_get::<_, i64>(name)?)?) };
        let totals = Totals {
            cycles: number("cycles")?,
            read: number("read")?,
            inserted: number("inserted")?,
            updated: number("updated")?,
            deleted: number("deleted")?,
            repaired: number("repaired")?,
            held: number("held")?,
            seconds: row.try_get("seconds")?,
        };
        Ok((row.try_get("job")?, totals))
    };
    rows.iter().map(totals).collect()
}
