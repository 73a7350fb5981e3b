//! The scheduler: once per second it looks which segments are due, and refreshes them beside each other.

use std::collections::{BTreeMap, BTreeSet};

use consumer::Failure;
use schedule::Schedule;
use tokio::task::{Id, JoinSet};
use tokio_util::sync::CancellationToken;

use super::{
    Refresher,
    automatic::{self, Automatic},
    run::Run,
    run::outcome::Outcome,
};
use crate::{changes::Cause, metrics};

/// Once per second.
const TICK: &str = "* * * * * *";

/// Refreshes that run at the same time in one process. Each has a connection.
const AT_A_TIME: usize = 4;

/// Segments with a source are looked at again after this many ticks.
const SOURCE_TICKS: u64 = 5;

/// Refreshes that run.
#[derive(Default)]
struct Running {
    tasks: JoinSet<Result<Option<Outcome>, Failure>>,
    segments: BTreeMap<Id, i32>,
    ticks: u64,
}

/// Runs until `stop` is cancelled.
pub(crate) async fn run(refresher: &Refresher, stop: &CancellationToken) -> anyhow::Result<()> {
    let mut running = Running::default();
    let round = async || {
        running.collect();
        let segments = automatic::all(&refresher.database).await?;
        metrics::automatic(&count(&segments));
        running.start(refresher, &segments);
        Ok::<_, Failure>(())
    };
    Ok(schedule::run_task("refresh", &Schedule::Cron(TICK.to_owned()), stop, round).await?)
}

/// Refreshes a segment if it is still due when its lock is taken and its sources are fresh.
pub(super) async fn refresh_due(refresher: &Refresher, segment_id: i32) -> Result<Option<Outcome>, Failure> {
    let run = Run::begin(refresher, segment_id, true, &Cause::task("refresh")).await?;
    let Some(run) = run else { return Ok(None) };
    let Some(run) = run.unless_stale().await? else { return Ok(None) };
    run.record().await?.finish(false).await.map(Some)
}

impl Running {
    /// Forgets those that have ended.
    fn collect(&mut self) {
        while let Some(ended) = self.tasks.try_join_next_with_id() {
            let id = match &ended {
                Ok((id, _)) => *id,
                Err(error) => error.id(),
            };
            let segment = self.segments.remove(&id);
            if let Ok((_, Err(failure))) = ended {
                metrics::refresh_failed(segment.unwrap_or_default().into(), failure);
            }
        }
    }

    /// Starts those that are due, the longest due first.
    fn start(&mut self, refresher: &Refresher, segments: &[Automatic]) {
        self.ticks += 1;
        let busy: BTreeSet<i32> = self.segments.values().copied().collect();
        let asks = self.ticks % SOURCE_TICKS == 1;
        let mut due: Vec<_> = segments
            .iter()
            .filter(|segment| !busy.contains(&segment.segment_id) && (asks || segment.sources.is_empty()))
            .filter_map(|segment| Some((segment.due()?, segment.segment_id)))
            .collect();
        due.sort_unstable();
        for (_, segment_id) in due.into_iter().take(AT_A_TIME.saturating_sub(self.tasks.len())) {
            let refresher = refresher.clone();
            let task = self.tasks.spawn(async move { refresh_due(&refresher, segment_id).await });
            self.segments.insert(task.id(), segment_id);
        }
    }
}

/// What metrics show of the automatic segments.
fn count(segments: &[Automatic]) -> metrics::Automatic {
    /// A segment that has been due for so long is overdue.
    const OVERDUE: i64 = 60_000_000;
    let is_overdue = |segment: &&Automatic| {
        segment.due().is_some_and(|since| segment.now.micros().saturating_sub(since.micros()) > OVERDUE)
    };
    metrics::Automatic {
        segments: segments.len(),
        overdue: segments.iter().filter(is_overdue).count(),
        failing: segments.iter().filter(|segment| segment.history.failures > 0).count(),
        oldest_success: segments.iter().filter_map(|segment| segment.history.success_at).min(),
    }
}
