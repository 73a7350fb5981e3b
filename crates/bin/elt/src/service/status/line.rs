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

/// The ticks of the scheduler.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Ticking {
    /// The next tick, if it is known.
    pub(crate) next: Option<Timestamp>,
    /// The time between two ticks; zero: unknown.
    pub(crate) period: Duration,
}

impl Ticking {
    /// The first tick after `now` at which a job is due that began at `began` and runs after `every` at the earliest.
    fn due(self, now: Timestamp, began: Option<Timestamp>, every: Duration) -> Option<Timestamp> {
        let (next, period) = (self.next?, SignedDuration::try_from(self.period).ok()?);
        let earliest = began.and_then(|began| began.checked_add(SignedDuration::try_from(every).ok()?).ok());
        let wanted = earliest.map_or(now, |earliest| earliest.max(now));
        // Ticks are not exact, as in scheduler/due.rs.
        let late = wanted.duration_since(next) - SignedDuration::from_millis(500);
        if late.is_positive() && period.is_zero() {
            return None;
        }
        let ticks = if late.is_positive() { (late.as_secs_f64() / period.as_secs_f64()).ceil() } else { 0.0 };
        next.checked_add(period.mul_f64(ticks)).ok()
    }

    /// The ticks of a service that counts an interval from its start, as its cycles show them: each job begins at a tick.
    fn shown_by(self, rows: &[JobRow]) -> Self {
        let last = rows.iter().filter_map(JobRow::began).max();
        Self { next: self.next.or(last), ..self }
    }
}

impl JobRow {
    /// When its last cycle began.
    fn began(&self) -> Option<Timestamp> {
        self.finished_at?.checked_sub(SignedDuration::from_secs_f64(self.seconds.unwrap_or_default())).ok()
    }
}

/// Puts files and rows together.
pub(super) fn merge(
    now: Timestamp,
    files: &[FileLine],
    ticking: Ticking,
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
    let ticking = ticking.shown_by(&rows);
    let mut jobs: Vec<JobLine> = files.iter().map(|file| with_file(now, file, of_file(file), ticking)).collect();
    let gone = |row: &&JobRow| !files.iter().any(|file| of_file(file).is_some_and(|found| found.target == row.target));
    jobs.extend(rows.iter().filter(gone).map(|row| JobLine { state: "removed".to_owned(), ..of_row(row) }));
    jobs.sort_by(|a, b| (&a.job, &a.file).cmp(&(&b.job, &b.file)));
    Status { at: shown(now), error, jobs, runs }
}

fn with_file(now: Timestamp, file: &FileLine, row: Option<&JobRow>, ticking: Ticking) -> JobLine {
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
    }
    let began = row.and_then(JobRow::began);
    line.next_run = ticking.due(now, began, job.every.unwrap_or_default()).map(shown);
    if let Some(progress) = &file.progress {
        line.state = "running".to_owned();
        (line.stage, line.rows) = (Some(progress.stage().name()), Some(progress.read().0));
    }
    line
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_runs_at_the_first_tick_at_which_it_is_due() {
        let at = |time: &str| format!("2026-11-30T{time}Z").parse::<Timestamp>().unwrap();
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        let ticking = Ticking { next: Some(at("11:05:00")), period: minutes(5) };
        let due = |began: Option<&str>, every| ticking.due(at("11:03:00"), began.map(at), every).map(shown);
        let expected = |time: &str| Some(format!("2026-11-30T{time}Z"));
        assert_eq!(due(None, Duration::ZERO), expected("11:05:00"), "it has never run");
        assert_eq!(due(Some("11:00:00"), Duration::ZERO), expected("11:05:00"));
        assert_eq!(due(Some("11:02:00"), Duration::ZERO), expected("11:05:00"), "a command ran it between two ticks");
        assert_eq!(due(Some("11:00:00.1"), minutes(5)), expected("11:05:00"));
        assert_eq!(due(Some("11:00:00"), minutes(12)), expected("11:15:00"));
        let past = Ticking { next: Some(at("10:00:00")), ..ticking };
        assert_eq!(past.due(at("11:03:00"), None, Duration::ZERO).map(shown), expected("11:05:00"));
        assert_eq!(Ticking { next: None, ..ticking }.due(at("11:03:00"), None, Duration::ZERO), None);
        assert_eq!(Ticking { period: Duration::ZERO, ..past }.due(at("11:03:00"), None, Duration::ZERO), None);
    }
}
