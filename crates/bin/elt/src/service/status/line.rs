//! The lines of the status: files and rows of A put together. Pure; the time is an argument.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp, Unit};
use serde::Serialize;

use super::{FileLine, Status};
use crate::{job::TableName, outcome::Counts, source::time, source::watermark::Watermark};

/// A job.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct JobLine {
    /// Its name.
    pub(crate) job: String,
    /// Its file; `None`: the file is gone.
    pub(crate) file: Option<String>,
    /// TARGET_TABLE.
    pub(crate) target: Option<String>,
    /// `new`, `running`, `ok`, `held`, `failed`, `invalid`, `removed`.
    pub(crate) state: String,
    /// Of a cycle under way: its stage and the rows it has read there.
    pub(crate) stage: Option<&'static str>,
    pub(crate) rows: Option<u64>,
    /// Cycles that have failed since the last success.
    pub(crate) failures: i32,
    /// The end of the last cycle, and its length.
    pub(crate) last_run: Option<String>,
    pub(crate) seconds: Option<f64>,
    /// What the last cycle read and wrote.
    #[serde(flatten)]
    pub(crate) counts: Counts,
    /// The end of the last cycle that went well.
    pub(crate) last_success: Option<String>,
    /// From where on the next cycle reads, in the terms of the column.
    pub(crate) watermark: Option<String>,
    /// When it is due again.
    pub(crate) next_run: Option<String>,
    /// What a person should know.
    pub(crate) note: Option<String>,
}

/// A cycle that has ended.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct RunLine {
    pub(crate) job: String,
    pub(crate) finished_at: String,
    pub(crate) outcome: String,
    pub(crate) seconds: f64,
    #[serde(flatten)]
    pub(crate) counts: Counts,
    pub(crate) note: Option<String>,
    pub(crate) error: Option<String>,
}

/// A row of `elt.jobs` with its last run.
#[derive(Debug, Clone)]
pub(crate) struct JobRow {
    pub(crate) target: String,
    pub(crate) job: String,
    pub(crate) file: String,
    pub(crate) status: String,
    pub(crate) failures: i32,
    pub(crate) note: Option<String>,
    pub(crate) watermark: Watermark,
    pub(crate) finished_at: Option<Timestamp>,
    pub(crate) succeeded_at: Option<Timestamp>,
    pub(crate) seconds: Option<f64>,
    pub(crate) counts: Counts,
}

/// A moment, to the second, in UTC: `2026-11-30T11:05:02Z`.
pub(crate) fn shown(moment: Timestamp) -> String {
    moment.round(Unit::Second).unwrap_or(moment).to_string()
}

/// Puts files and rows together.
pub(super) fn merge(
    now: Timestamp,
    files: &[FileLine],
    period: Duration,
    rows: Result<(Vec<JobRow>, Vec<RunLine>), String>,
) -> Status {
    let (rows, runs, error) = match rows {
        Ok((rows, runs)) => (rows, runs, None),
        Err(error) => (Vec::new(), Vec::new(), Some(error)),
    };
    let of_file = |file: &FileLine| {
        let by_file = rows.iter().find(|row| row.file == file.file);
        by_file.or_else(|| {
            rows.iter().find(|row| row.job == file.job && !files.iter().any(|other| other.file == row.file))
        })
    };
    let mut jobs: Vec<JobLine> = files.iter().map(|file| with_file(file, of_file(file), period)).collect();
    let gone = |row: &&JobRow| !files.iter().any(|file| of_file(file).is_some_and(|found| found.target == row.target));
    jobs.extend(rows.iter().filter(gone).map(|row| JobLine { state: "removed".to_owned(), ..of_row(row) }));
    jobs.sort_by(|a, b| (&a.job, &a.file).cmp(&(&b.job, &b.file)));
    Status { at: shown(now), error, jobs, runs }
}

fn with_file(file: &FileLine, row: Option<&JobRow>, period: Duration) -> JobLine {
    let mut line = row.map_or_else(JobLine::empty, of_row);
    line.job.clone_from(&file.job);
    line.file = Some(file.file.clone());
    let job = match &file.parsed {
        Ok(job) => job,
        Err(problems) => {
            line.state = "invalid".to_owned();
            line.note = Some(problems.join("\n"));
            return line;
        }
    };
    if line.target.is_none() {
        line.target = Some(job.target.plain());
    }
    if let Some(row) = row {
        line.watermark = Some(time::display(row.watermark.bound(job.lag)));
        let every = period.max(job.every.unwrap_or_default());
        line.next_run = row.finished_at.and_then(|finished| next(finished, row.seconds, every)).map(shown);
    }
    if let Some(progress) = &file.progress {
        line.state = "running".to_owned();
        (line.stage, line.rows) = (Some(progress.stage().name()), Some(progress.read().0));
    }
    line
}

/// A cycle begins so long after the one before it began.
fn next(finished: Timestamp, seconds: Option<f64>, every: Duration) -> Option<Timestamp> {
    let began = finished.checked_sub(SignedDuration::from_secs_f64(seconds.unwrap_or_default())).ok()?;
    began.checked_add(SignedDuration::try_from(every).ok()?).ok()
}

fn of_row(row: &JobRow) -> JobLine {
    JobLine {
        job: row.job.clone(),
        target: Some(TableName::shown(&row.target)),
        state: row.status.clone(),
        failures: row.failures,
        last_run: row.finished_at.map(shown),
        seconds: row.seconds,
        counts: row.counts.clone(),
        last_success: row.succeeded_at.map(shown),
        note: row.note.clone(),
        ..JobLine::empty()
    }
}

impl JobLine {
    fn empty() -> Self {
        Self {
            job: String::new(),
            file: None,
            target: None,
            state: "new".to_owned(),
            stage: None,
            rows: None,
            failures: 0,
            last_run: None,
            seconds: None,
            counts: Counts::default(),
            last_success: None,
            watermark: None,
            next_run: None,
            note: None,
        }
    }
}
