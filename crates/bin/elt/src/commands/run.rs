//! `run JOB…`: one cycle of each job.

use std::io::Write;

use anyhow::ensure;
use clap::Args;
use runtime::{CommandSettings, ExitError};

use super::{cycle::Setup, jobs, outcome};
use crate::{cycle::Options, outcome::Status};

/// The jobs, and how they run.
#[derive(Debug, Args)]
pub struct RunJobs {
    /// Jobs that run one cycle each. If no job is named, the service runs.
    #[arg(value_name = "JOB")]
    jobs: Vec<String>,

    /// Rolls the cycle back, and prints which rows it would insert, update and delete.
    #[arg(long)]
    dry_run: bool,

    /// Allows the cycle to delete any number of rows. Later cycles hold such deletes again.
    #[arg(long)]
    allow_deletes: bool,

    /// Prints one JSON object per line.
    #[arg(long)]
    json: bool,
}

impl RunJobs {
    /// Whether the service is meant.
    pub(super) fn is_the_service(&self) -> bool {
        self.jobs.is_empty() && !self.dry_run && !self.allow_deletes && !self.json
    }

    pub(super) async fn act(self, settings: &CommandSettings, out: &mut impl Write) -> anyhow::Result<()> {
        if self.jobs.is_empty() {
            let missing = "the options of `run` need the names of jobs; see `run --help`";
            return Err(ExitError::Config(missing.to_owned()).into());
        }
        let jobs = jobs::find(&settings.read()?, &self.jobs)?;
        let setup = Setup::read(settings).await?;
        let mut bad = 0;
        for job in &jobs {
            let options = Options { dry_run: self.dry_run, allow_deletes: self.allow_deletes, ..setup.options() };
            let outcome = setup.cycle(job, &options).await?;
            outcome::print(job, &outcome, self.json, out)?;
            bad += usize::from(outcome.status != Status::Ok);
        }
        ensure!(bad == 0, "{bad} of {} cycles did not end well", jobs.len());
        Ok(())
    }
}
