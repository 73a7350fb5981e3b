//! `resync`: a cycle that forgets watermark and hashes.

use std::io::Write;

use anyhow::ensure;
use clap::Args;
use runtime::CommandSettings;

use super::{cycle::Setup, jobs, outcome};
use crate::{cycle::Options, outcome::Status};

/// The job to read again.
#[derive(Debug, Args)]
pub struct Resync {
    /// Job whose table is read again.
    #[arg(value_name = "JOB")]
    job: String,

    /// Prints a JSON object.
    #[arg(long)]
    json: bool,
}

impl Resync {
    pub(super) async fn act(self, settings: &CommandSettings, out: &mut impl Write) -> anyhow::Result<()> {
        let jobs = jobs::find(&settings.read()?, std::slice::from_ref(&self.job))?;
        let setup = Setup::read(settings).await?;
        for job in &jobs {
            let options = Options { from_beginning: true, ..setup.options() };
            let outcome = setup.cycle(job, &options).await?;
            outcome::print(job, &outcome, self.json, out)?;
            ensure!(outcome.status == Status::Ok, "the cycle did not end well");
        }
        Ok(())
    }
}
