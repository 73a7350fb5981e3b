//! What `elt.jobs` and `elt.runs` hold of the jobs.

use jiff::Timestamp;
use tokio_postgres::{Client, Row};

use super::{
    line::{self, JobRow, RunLine},
    reading,
};
use crate::{error::Result, outcome::Counts, target::get};

const JOBS: &str = include_str!("../../../../../../sql/elt/state/select_status.sql");
const RUNS: &str = include_str!("../../../../../../sql/elt/state/select_runs.sql");

/// All jobs, and the newest runs.
pub(crate) async fn read(client: &Client) -> Result<(Vec<JobRow>, Vec<RunLine>)> {
    // Without names, because the session may be behind a pooler.
    let jobs = client.query_typed(JOBS, &[]).await.map_err(reading)?;
    let runs = client.query_typed(RUNS, &[]).await.map_err(reading)?;
    Ok((jobs.iter().map(job).collect::<Result<_>>()?, runs.iter().map(run).collect::<Result<_>>()?))
}

fn job(row: &Row) -> Result<JobRow> {
    let watermark: String = get(row, "watermark")?;
    Ok(JobRow {
        target: get(row, "target")?,
        job: get(row, "job")?,
        file: get(row, "file")?,
        status: get(row, "status")?,
        failures: get(row, "failures")?,
        note: get(row, "note")?,
        watermark: serde_json::from_str(&watermark).unwrap_or_default(),
        finished_at: get(row, "finished_at")?,
        succeeded_at: get(row, "succeeded_at")?,
        seconds: get(row, "seconds")?,
        counts: counts(row)?,
    })
}

fn run(row: &Row) -> Result<RunLine> {
    let finished_at: Timestamp = get(row, "finished_at")?;
    Ok(RunLine {
        job: get(row, "job")?,
        finished_at: line::shown(finished_at),
        outcome: get(row, "outcome")?,
        seconds: get(row, "seconds")?,
        counts: counts(row)?,
        note: get(row, "note")?,
        error: get(row, "error")?,
    })
}

fn counts(row: &Row) -> Result<Counts> {
    let number = |name: &str| get::<Option<i64>>(row, name).map(|count| count.unwrap_or_default().unsigned_abs());
    Ok(Counts {
        read: number("read")?,
        unchanged: number("unchanged")?,
        inserted: number("inserted")?,
        updated: number("updated")?,
        deleted: number("deleted")?,
        repaired: number("repaired")?,
        missing: number("missing")?,
    })
}
