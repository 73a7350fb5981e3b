//! The command `refresh`: refreshes segments once, for a person or for cron.

use std::io::Write;

use runtime::{CommandSettings, ExitError, StartupError};

use super::{
    Refresher, automatic,
    run::CannotRefresh,
    run::outcome::{Outcome, State},
    scheduler::refresh_due,
    settings::{RefreshSettings, TagSegments},
};
use crate::{
    changes::{Cause, Changes},
    tags,
};

/// `refresh`
#[derive(Debug, clap::Args)]
pub struct Refresh {
    /// Segment to refresh. Without a name and without --due, all automatic segments are refreshed.
    #[arg(conflicts_with = "due")]
    name: Option<String>,
    /// Refreshes only the segments that are due.
    #[arg(long)]
    due: bool,
    /// Applies the refresh even if most members would leave.
    #[arg(long, conflicts_with = "due")]
    force: bool,
}

impl Refresh {
    /// Refreshes, and writes a line for each segment. It fails if one of them did.
    pub(crate) async fn act(self, settings: &CommandSettings, out: &mut impl Write) -> anyhow::Result<()> {
        let _armed = failpoint::arm();
        let database = settings.database().await?;
        let own = settings.read::<RefreshSettings>()?;
        let refresher = own.refresher(database.clone())?;
        refresher.verify().await.map_err(|error| match error {
            StartupError::Refused(refused) => refused,
            StartupError::Unavailable(unavailable) => unavailable.into(),
        })?;
        if own.tag_segments == TagSegments::On {
            tags::create_missing(&Changes::new(database.clone())).await.map_err(ExitError::from)?;
        }
        let mut is_good = true;
        for (segment_id, name) in self.chosen(&refresher).await? {
            let outcome = if self.due {
                refresh_due(&refresher, segment_id).await.map_err(ExitError::from)?
            } else {
                self.refresh(&refresher, &name).await?
            };
            // A segment that another process refreshes, or whose source is stale, is no failure of this command.
            let Some(Outcome { state, message, .. }) = outcome else { continue };
            is_good &= matches!(state, State::Success | State::Skip);
            writeln!(out, "{name}\t{}\t{message}", state.name())?;
        }
        if is_good { Ok(()) } else { Err(anyhow::anyhow!("a segment was not refreshed; its row in the log says why")) }
    }

    /// The segments to refresh.
    async fn chosen(&self, refresher: &Refresher) -> anyhow::Result<Vec<(i32, String)>> {
        if let Some(name) = &self.name {
            return Ok(vec![(0, name.clone())]);
        }
        let all = automatic::all(&refresher.database).await.map_err(ExitError::from)?;
        let chosen = all.into_iter().filter(|segment| !self.due || segment.due().is_some());
        Ok(chosen.map(|segment| (segment.segment_id, segment.name)).collect())
    }

    async fn refresh(&self, refresher: &Refresher, name: &str) -> anyhow::Result<Option<Outcome>> {
        let refreshed = refresher.refresh(name, self.force, &Cause::task("command")).await.map_err(ExitError::from)?;
        let reason = match refreshed {
            Ok(outcome) => return Ok(Some(outcome)),
            Err(CannotRefresh::Busy) if self.name.is_none() => return Ok(None),
            Err(CannotRefresh::Busy) => "another process refreshes it",
            Err(CannotRefresh::Unknown) => "there is no such segment",
            Err(CannotRefresh::Deleted) => "it is deleted",
            Err(CannotRefresh::NotAutomatic) => "it has no refresh_params",
        };
        Err(ExitError::Config(format!("{name}: {reason}")).into())
    }
}
