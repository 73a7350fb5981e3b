//! The command `sync`: syncs subscriptions once, for a person or for cron.

use std::io::Write;

use consumer::Failure;
use runtime::{CommandSettings, ExitError};

use super::{
    due::Work,
    scheduler,
    sync::{Outcome, Subscribers},
};
use crate::{changes::Changes, settings::Settings};

/// `sync`
#[derive(Debug, clap::Args)]
pub struct Sync {
    /// Number of the subscription to sync. Without a number and without --due, all subscriptions are synced.
    #[arg(conflicts_with = "due")]
    id: Option<i32>,
    /// Syncs only the subscriptions that are due.
    #[arg(long)]
    due: bool,
}

impl Sync {
    /// Syncs, and writes a line for each subscription. It fails if one of them did.
    pub(crate) async fn act(self, settings: &CommandSettings, out: &mut impl Write) -> anyhow::Result<()> {
        let database = settings.database().await?;
        let targets = settings.read::<Settings>()?.targets("segments-service")?;
        let subscribers = Subscribers::new(database.clone(), database.clone(), targets);
        // Memberships whose time is over are no members, even if no service runs.
        Changes::new(database).sweep().await.map_err(ExitError::from)?;
        let mut is_good = true;
        for (id, work) in self.chosen(&subscribers).await? {
            let outcome = subscribers.sync(id, work).await.map_err(ExitError::from)?;
            is_good &= !matches!(outcome, Outcome::Failed(_));
            match outcome {
                Outcome::Complete { acknowledged, rejected } => {
                    writeln!(out, "{id}\tsuccess\t{acknowledged} acknowledged, {rejected} rejected")?;
                }
                Outcome::Failed(error) => writeln!(out, "{id}\tfailed\t{error}")?,
                Outcome::Busy => writeln!(out, "{id}\tskip\tanother process syncs it")?,
                Outcome::Idle if self.id.is_some() => {
                    return Err(ExitError::Config(format!("{id}: there is no such subscription, or it is gone")).into());
                }
                Outcome::Idle => {}
            }
        }
        if is_good {
            Ok(())
        } else {
            Err(anyhow::anyhow!("a subscription was not synced; its row in the log says why"))
        }
    }

    /// The subscriptions to sync.
    async fn chosen(&self, subscribers: &Subscribers) -> anyhow::Result<Vec<(i32, Work)>> {
        if let Some(id) = self.id {
            return Ok(vec![(id, Work::Request)]);
        }
        let states = scheduler::states(subscribers).await.map_err(|failure: Failure| ExitError::from(failure))?;
        let work = |state: super::due::State| {
            let due = state.due().map(|(work, _)| work);
            let work = if self.due { due } else { due.or(Some(Work::Request)) };
            work.map(|work| (state.id, work))
        };
        Ok(states.into_iter().filter_map(work).collect())
    }
}
