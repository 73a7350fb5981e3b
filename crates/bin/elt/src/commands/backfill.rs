//! `backfill`: upserts a range of the cursor again.

use std::io::Write;

use anyhow::ensure;
use clap::Args;
use runtime::CommandSettings;

use super::{cycle::Setup, jobs, outcome};
use crate::{cycle::backfill::Range, outcome::Status, validate::parse_time};

/// The job and the range.
#[derive(Debug, Args)]
pub struct Backfill {
    /// Job whose rows are upserted again.
    #[arg(value_name = "JOB")]
    job: String,

    /// Beginning of the range, included, for example `2026-11-30` or `2026-11-30 11:05:02`.
    ///
    /// The range is one of the column that SELECT_SOURCE_SQL compares with `%s`. A time without a zone is compared with a `timestamp`
    /// column as it is written, and means UTC for a `timestamptz` column.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    from: i64,

    /// End of the range, included. Unset: the range has no end.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    to: Option<i64>,

    /// Prints a JSON object.
    #[arg(long)]
    json: bool,
}

impl Backfill {
    pub(super) async fn act(self, settings: &CommandSettings, out: &mut impl Write) -> anyhow::Result<()> {
        let jobs = jobs::find(&settings.read()?, std::slice::from_ref(&self.job))?;
        let setup = Setup::read(settings).await?;
        for job in &jobs {
            let range = Range { from: self.from, to: self.to };
            let outcome = setup.backfill(job, &setup.options(), range).await?;
            outcome::print(job, &outcome, self.json, out)?;
            ensure!(outcome.status == Status::Ok, "the backfill did not end well");
        }
        Ok(())
    }
}
