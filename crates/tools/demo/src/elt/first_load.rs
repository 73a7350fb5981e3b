//! The first load: starts the service, draws progress bars, and measures the time until every table is copied.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use tokio::time::sleep;
use workload::master::Model;
use workload::watch::{Board, Row};

use super::fixture::Fixture;
use super::jobs::FIRST;
use super::runs;
use super::service::{JobStatus, Service};

const LIMIT: Duration = Duration::from_secs(10 * 60);
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// The rows of the first load, and how long it took from the start of the process.
#[derive(Debug, Clone, Copy)]
pub(super) struct FirstLoad {
    pub(super) rows: u64,
    pub(super) seconds: f64,
}

/// Starts the service and waits for the first cycle of each job.
pub(super) async fn first_load(fixture: &Fixture, model: &Model, service: &Service, start: f64) -> Result<FirstLoad> {
    let began = Instant::now();
    let mut board = Board::new();
    let rows = FIRST.iter().map(|table| model.len(*table) as u64).sum();
    loop {
        let done = runs::since(&fixture.target, start, &["ok"]).await?;
        let jobs = service.jobs().await?;
        board.show(began.elapsed(), &FIRST.map(|table| row(table.name(), model.len(table) as u64, &jobs, &done)));
        if let Some(end) = FIRST.iter().map(|table| done.get(table.name()).copied()).try_fold(0.0, larger) {
            board.finish();
            return Ok(FirstLoad { rows, seconds: end - start });
        }
        ensure!(began.elapsed() < LIMIT, service.failure("the first load did not end within the time limit"));
        sleep(POLL_INTERVAL).await;
    }
}

fn larger(end: f64, other: Option<f64>) -> Option<f64> {
    Some(end.max(other?))
}

fn row(name: &str, total: u64, jobs: &[JobStatus], done: &std::collections::BTreeMap<String, f64>) -> Row {
    let running = || jobs.iter().find(|job| job.job == name)?.rows;
    let rows = if done.contains_key(name) { total } else { running().unwrap_or(0) };
    Row { name: name.to_owned(), done: rows, total }
}
