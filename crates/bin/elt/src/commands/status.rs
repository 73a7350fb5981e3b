//! `status`: the jobs and what became of their last cycles.

use std::io::Write;

use clap::Args;
use comfy_table::{ContentArrangement, Table, presets::UTF8_FULL_CONDENSED};
use jiff::Timestamp;
use runtime::{CommandSettings, ExitError, StartupError, schema};

use super::outcome;
use crate::{
    service::{
        settings::TargetSettings,
        status::{JobLine, of_files},
    },
    state::migrations::MIGRATIONS,
};

/// How to list the jobs.
#[derive(Debug, Args)]
pub struct StatusCommand {
    /// Prints one JSON object per line.
    #[arg(long)]
    json: bool,
}

impl StatusCommand {
    pub(super) async fn act(self, settings: &CommandSettings, out: &mut impl Write) -> anyhow::Result<()> {
        let target = settings.read::<TargetSettings>()?.connection()?;
        schema::require(&target, &MIGRATIONS, settings.service()).await.map_err(ExitError::from)?;
        let connected = database::connect(&target).await;
        let connection = connected.map_err(|error| ExitError::from(StartupError::from(error)))?;
        let now = Timestamp::try_from(runtime::clock::now())?;
        let status = of_files(&settings.read()?, now, &connection.client).await?;
        if let Some(error) = status.error {
            return Err(ExitError::Unavailable(error).into());
        }
        if self.json {
            status.jobs.iter().try_for_each(|job| outcome::json_line(job, out))?;
            return Ok(());
        }
        if status.jobs.is_empty() {
            writeln!(out, "there is no job file, and no job has run")?;
            return Ok(());
        }
        Ok(writeln!(out, "{}", table(&status.jobs))?)
    }
}

fn table(jobs: &[JobLine]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    let header = ["job", "state", "last run", "seconds", "read", "written", "deleted", "watermark", "next run", "note"];
    table.set_header(header);
    for job in jobs {
        let counts = &job.counts;
        let written = counts.inserted + counts.updated + counts.repaired;
        table.add_row([
            job.job.clone(),
            job.state.clone(),
            job.last_run.clone().unwrap_or_default(),
            job.seconds.map_or(String::new(), |seconds| format!("{seconds:.2}")),
            counts.read.to_string(),
            written.to_string(),
            counts.deleted.to_string(),
            job.watermark.clone().unwrap_or_default(),
            job.next_run.clone().unwrap_or_default(),
            job.note.clone().unwrap_or_default(),
        ]);
    }
    table
}
