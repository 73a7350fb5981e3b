//! What the log says of jobs: one line for each failure, CRITICAL where a person must act.

use std::collections::{BTreeMap, BTreeSet};

use consumer::Waiting;
use runtime::critical;

use super::{
    folder::{File, Folder},
    metrics,
};
use crate::{
    outcome::{Outcome, Status},
    source::watermark::FullRead,
};

/// So many bad cycles running are a matter for a person.
const CRITICAL_AFTER: u32 = 3;

/// What was told of each job, so that nothing is told twice.
#[derive(Debug, Default)]
pub(crate) struct Reporter {
    jobs: BTreeMap<String, Memory>,
    /// Databases that were away at the last tick, and whether that was told.
    away: BTreeMap<&'static str, bool>,
    redis_is_away: bool,
}

/// What was told of a job.
#[derive(Debug, Default)]
struct Memory {
    /// Cycles that have failed since the last one that did not.
    failures: u32,
    /// Ticks at which the file was invalid.
    invalid: u32,
    note: Option<String>,
    refused: Option<String>,
}

impl Reporter {
    /// A tick begins. A database that was away at the last one, too, was away for a whole cycle.
    pub(crate) fn tick(&mut self, waiting: &[Waiting]) {
        let names: BTreeSet<&str> = waiting.iter().map(|waiting| waiting.dependency.name).collect();
        self.away.retain(|name, _| names.contains(name));
        for Waiting { dependency, error, .. } in waiting {
            match self.away.get_mut(dependency.name) {
                None => drop(self.away.insert(dependency.name, false)),
                Some(told) if !*told => {
                    *told = true;
                    critical!(dependency = dependency.name, error, "a database was away for a whole cycle");
                }
                Some(_) => {}
            }
        }
    }

    /// A file is new or has changed.
    pub(crate) fn read(&mut self, file: &File) {
        let memory = self.memory(&file.job);
        (memory.invalid, memory.refused) = (0, None);
        match &file.parsed {
            Ok(job) => {
                tracing::info!(job = job.name, file = file.name, "a job was read");
                for warning in &job.warnings {
                    tracing::warn!(job = job.name, "{warning}");
                }
            }
            Err(problems) => {
                for problem in problems {
                    tracing::error!(job = file.job, "{problem}");
                }
            }
        }
    }

    /// The file is invalid at this tick.
    pub(crate) fn invalid(&mut self, file: &File) {
        metrics::no_cycle(&file.job, "invalid");
        let memory = self.memory(&file.job);
        memory.invalid += 1;
        if memory.invalid == CRITICAL_AFTER {
            let first = file.parsed.as_ref().err().and_then(|problems| problems.first());
            let problem = first.map_or_else(String::new, ToString::to_string);
            critical!(job = file.job, problem, "the job file has been invalid for {CRITICAL_AFTER} cycles");
        }
    }

    /// Another file fills the table of this one, or has its name.
    pub(crate) fn refused(&mut self, file: &File, why: &str) {
        metrics::no_cycle(&file.job, "invalid");
        let memory = self.jobs.entry(file.name.clone()).or_default();
        if memory.refused.as_deref() != Some(why) {
            memory.refused = Some(why.to_owned());
            tracing::error!(job = file.job, "{}: {why}", file.name);
        }
    }

    /// A tick was skipped.
    pub(crate) fn late(&mut self, job: &str) {
        metrics::no_cycle(job, "late");
        tracing::warn!(job, "the cycle takes longer than the time to the next one, which is skipped");
    }

    /// A cycle has ended.
    pub(crate) fn finished(&mut self, file: &File, outcome: &Outcome) {
        let job = file.job.as_str();
        let memory = self.memory(job);
        memory.failures = match outcome.status {
            // Those of other replicas count as well.
            Status::Failed => (memory.failures + 1).max(outcome.failures.unsigned_abs()),
            Status::Elsewhere => memory.failures,
            Status::Ok | Status::Held => 0,
        };
        let failures = memory.failures;
        metrics::cycle(job, outcome, failures);
        match outcome.status {
            Status::Failed => report_failure(job, &file.name, outcome, failures),
            Status::Elsewhere => tracing::debug!(job, "another process has the table, or has just finished with it"),
            Status::Ok | Status::Held => self.report_success(job, outcome),
        }
    }

    fn report_success(&mut self, job: &str, outcome: &Outcome) {
        let counts = &outcome.counts;
        let (read, inserted, updated) = (counts.read, counts.inserted, counts.updated);
        let (deleted, repaired, seconds) = (counts.deleted, counts.repaired, outcome.seconds);
        if counts.changed() > 0 {
            tracing::info!(job, read, inserted, updated, deleted, repaired, seconds, "a cycle has ended");
        } else {
            tracing::debug!(job, read, seconds, "a cycle has changed nothing");
        }
        if outcome.full_read.is_some_and(FullRead::is_restore) {
            let reason = outcome.full_read.map(FullRead::describe);
            critical!(job, reason, "the source was restored from a backup, or replaced; everything was read again");
        }
        if let Some(seconds) = outcome.held_back {
            tracing::warn!(job, seconds, "an open transaction of the source holds the watermark back");
        }
        let redis_is_away = outcome.notes.iter().any(|note| note.starts_with("Redis is away"));
        if redis_is_away && !self.redis_is_away {
            tracing::warn!(job, "{}", outcome.notes.join("; "));
        }
        self.redis_is_away = redis_is_away;
        self.report_note(job, outcome);
    }

    /// Tells the note if it is another than the last time.
    fn report_note(&mut self, job: &str, outcome: &Outcome) {
        let notes: Vec<&str> =
            outcome.notes.iter().map(String::as_str).filter(|note| !note.starts_with("Redis is away")).collect();
        let note = (!notes.is_empty()).then(|| notes.join("; "));
        let memory = self.memory(job);
        if memory.note != note
            && let Some(note) = &note
        {
            match outcome.status {
                Status::Held => critical!(job, "{note}"),
                _ => tracing::warn!(job, "{note}"),
            }
        }
        memory.note = note;
    }

    /// Forgets the jobs whose files have gone.
    pub(crate) fn keep(&mut self, folder: &Folder) {
        let names: BTreeSet<&str> =
            folder.files().flat_map(|(_, file)| [file.job.as_str(), file.name.as_str()]).collect();
        self.jobs.retain(|name, _| {
            let stays = names.contains(name.as_str());
            if !stays {
                tracing::info!(job = name, "the job file is gone; the table and its state stay");
            }
            stays
        });
    }

    fn memory(&mut self, job: &str) -> &mut Memory {
        self.jobs.entry(job.to_owned()).or_insert_with(|| {
            metrics::register(job, 0.0);
            Memory::default()
        })
    }
}

fn report_failure(job: &str, file: &str, outcome: &Outcome, failures: u32) {
    let error = outcome.error.as_ref().map_or_else(String::new, |error| error.in_file(file));
    let seconds = outcome.seconds;
    if failures == CRITICAL_AFTER {
        critical!(job, failures, seconds, "{error}");
    } else {
        tracing::error!(job, failures, seconds, "{error}");
    }
}
