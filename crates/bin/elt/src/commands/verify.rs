//! `verify`: compares target tables with the source.

use std::io::Write;

use anyhow::ensure;
use clap::Args;
use runtime::CommandSettings;
use serde::Serialize;

use super::{cycle::Setup, jobs, outcome};
use crate::{
    cycle::Options,
    job::{DeleteMode, Job},
    outcome::{Changed, Changes, Outcome},
};

/// The jobs to compare.
#[derive(Debug, Args)]
pub struct Verify {
    /// Jobs whose tables are compared. If no job is named, the tables of all jobs are compared.
    #[arg(value_name = "JOB")]
    jobs: Vec<String>,

    /// Prints one JSON object per line.
    #[arg(long)]
    json: bool,
}

/// The differences of a table.
#[derive(Serialize)]
struct Line<'a> {
    job: &'a str,
    /// Rows of M that A lacks.
    missing: &'a Changed,
    /// Rows that differ, and in how many rows each column does.
    different: &'a Changed,
    columns: &'a [(String, u64)],
    /// Rows of A that are gone from M; `None`: DELETE is off.
    extra: Option<&'a Changed>,
    seconds: f64,
}

impl Verify {
    pub(super) async fn act(self, settings: &CommandSettings, out: &mut impl Write) -> anyhow::Result<()> {
        let jobs = jobs::find(&settings.read()?, &self.jobs)?;
        let setup = Setup::read(settings).await?;
        let (mut differ, mut failed) = (0, 0);
        for job in &jobs {
            let options = Options { dry_run: true, allow_deletes: true, from_beginning: true, ..setup.options() };
            let outcome = setup.cycle(job, &options).await?;
            let Some(changes) = &outcome.changes else {
                outcome::print(job, &outcome, self.json, out)?;
                failed += 1;
                continue;
            };
            differ += usize::from(self.print(job, &outcome, changes, out)?);
        }
        ensure!(failed == 0, "{failed} of {} tables could not be compared, and {differ} differ", jobs.len());
        ensure!(differ == 0, "{differ} of {} tables differ", jobs.len());
        Ok(())
    }

    /// Prints the differences. True: there are some.
    fn print(&self, job: &Job, outcome: &Outcome, changes: &Changes, out: &mut impl Write) -> anyhow::Result<bool> {
        let differs = changes.inserts.rows + changes.updates.rows + changes.deletes.rows > 0;
        let compares_keys = job.delete != DeleteMode::Off;
        if self.json {
            let line = Line {
                job: &job.name,
                missing: &changes.inserts,
                different: &changes.updates,
                columns: &changes.columns,
                extra: compares_keys.then_some(&changes.deletes),
                seconds: outcome.seconds,
            };
            outcome::json_line(&line, out)?;
            return Ok(differs);
        }
        let (name, read, seconds) = (&job.name, outcome.counts.read, outcome.seconds);
        let state = if differs { "differs" } else { "equal" };
        writeln!(out, "{name}: {state}, {read} rows compared in {seconds:.2} s")?;
        if differs {
            outcome::print_changes(changes, ["missing", "different", "extra"], out)?;
        }
        if !compares_keys {
            writeln!(out, "  note: DELETE is off, so extra rows were not looked for")?;
        }
        Ok(differs)
    }
}
