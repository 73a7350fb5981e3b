//! The scheduler of syncs: twice per second it looks which subscriptions are due, and syncs them beside each other.

use std::{collections::BTreeMap, time::Duration};

use consumer::Failure;
use database::{Row, Statement, get, statement};
use schedule::Schedule;
use tokio::task::{Id, JoinSet};
use tokio_util::sync::CancellationToken;

use super::{
    due::{State, Work},
    metrics,
    sync::{Outcome, Subscribers},
};

const SELECT_DUE: Statement = statement!("segments/syncs/select_due");
const COUNT_LATE: Statement = statement!("segments/syncs/count_late_expiries");

/// A change is sent within a second of its commit.
const TICK: Duration = Duration::from_millis(500);

/// Syncs that run at the same time in one process. Each has a connection.
pub(crate) const AT_A_TIME: usize = 4;

/// Syncs that run.
#[derive(Default)]
struct Running {
    tasks: JoinSet<Result<Outcome, Failure>>,
    work: BTreeMap<Id, (i32, Work)>,
}

/// Runs until `stop` is cancelled. A sync that runs then is given up, and its changes are sent again.
pub(crate) async fn run(subscribers: &Subscribers, stop: &CancellationToken) -> anyhow::Result<()> {
    let mut running = Running::default();
    let round = async || {
        running.collect();
        let states = states(subscribers).await?;
        running.start(subscribers, &states);
        Ok::<_, Failure>(())
    };
    Ok(schedule::run_task("sync", &Schedule::Every(TICK), stop, round).await?)
}

/// The states of all subscriptions that have not ended at their target.
pub(super) async fn states(subscribers: &Subscribers) -> Result<Vec<State>, Failure> {
    let late = subscribers.reader.read(&COUNT_LATE, &[]).await?;
    let late = late.first().map_or(Ok(0), |row| get(row, 0))?;
    let rows = subscribers.reader.read(&SELECT_DUE, &[]).await?;
    let states: Vec<State> = rows.iter().map(state).collect::<Result<_, _>>()?;
    metrics::subscriptions(&states, late);
    Ok(states)
}

fn state(row: &Row) -> Result<State, Failure> {
    Ok(State {
        id: get(row, 0)?,
        target: get(row, 1)?,
        cron: get(row, 2)?,
        status: get(row, 3)?,
        is_ended: get(row, 4)?,
        changed_at: get(row, 5)?,
        success_at: get(row, 6)?,
        reconciled_at: get(row, 7)?,
        failures: get(row, 8)?,
        retry_at: get(row, 9)?,
        is_requested: get(row, 10)?,
        touched_at: get(row, 11)?,
        pending: get(row, 12)?,
        now: get(row, 13)?,
    })
}

impl Running {
    /// Forgets those that have ended. After a failure of the database, the next round tries again.
    fn collect(&mut self) {
        while let Some(ended) = self.tasks.try_join_next_with_id() {
            let id = match &ended {
                Ok((id, _)) => *id,
                Err(error) => error.id(),
            };
            let work = self.work.remove(&id);
            if let Ok((_, Err(failure))) = ended {
                let error = failure.into_dependency_error(database::POSTGRES);
                let subscription = work.map(|(id, _)| id);
                tracing::warn!(subscription, error = error.error, "a sync did not end; it is repeated");
            }
        }
    }

    /// Starts what is due, the longest due first; one comparison of all users at a time.
    fn start(&mut self, subscribers: &Subscribers, states: &[State]) {
        let is_free = |state: &&State| !self.work.values().any(|(id, _)| *id == state.id);
        let mut due: Vec<_> =
            states.iter().filter(is_free).filter_map(|state| Some((state.due()?, state.id))).collect();
        due.sort_by_key(|((_, since), id)| (*since, *id));
        for ((work, _), id) in due {
            let is_comparison = |work: Work| matches!(work, Work::Request | Work::Reconcile);
            let has_comparison = self.work.values().any(|(_, work)| is_comparison(*work));
            if self.tasks.len() >= AT_A_TIME || (is_comparison(work) && has_comparison) {
                continue;
            }
            let subscribers = subscribers.clone();
            let task = self.tasks.spawn(async move { subscribers.sync(id, work).await });
            self.work.insert(task.id(), (id, work));
        }
    }
}
