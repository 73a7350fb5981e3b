//! Background task that refreshes the summary in schema `cdm_summary`, which dashboards read.
//!
//! Sums over orders are computed in advance, so that a query costs the same however many orders there are. DDS records
//! the days whose orders change as stale. A refresh computes these days again, and the figures about users and tags if
//! a counter or tag has changed. A refresh is one transaction and removes the stale days with it, so a process that
//! dies leaves them in place. One replica refreshes at a time.
//!
//! The task has a connection of its own: a refresh may take seconds, and no batch waits for it. An error here affects
//! nothing else; it is logged, and the refresh is tried again.

use std::time::Duration;

use consumer::Failure;
use database::Database;
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep},
};

use self::{trouble::Trouble, work::Work};

mod work;
mod trouble;
mod refresh;

/// The task; it ends when this is dropped.
pub(crate) struct Summary(JoinHandle<()>);

impl Summary {
    /// Starts the task: the first refresh at once, then one `every` interval.
    pub(crate) fn spawn(database: Database, every: Duration) -> Self {
        Self(tokio::spawn(async move {
            let (mut trouble, mut unseen) = (Trouble::default(), Unseen::default());
            loop {
                let rest = round(&database, every, &mut trouble, &mut unseen).await.unwrap_or_else(|failure| {
                    tracing::warn!(%failure, "could not refresh the summary; it will be tried again");
                    metrics::counter!("tagmill_summary_failures_total").increment(1);
                    every
                });
                sleep(rest.max(SHORTEST_REST)).await;
            }
        }))
    }
}

impl Drop for Summary {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Minimum pause between two rounds, regardless of the settings.
const SHORTEST_REST: Duration = Duration::from_millis(50);

/// Pause after another replica or a rebuild prevented a refresh.
const AFTER_YIELDING: Duration = Duration::from_secs(1);

/// Refreshes if a refresh is due. Returns the pause before the next round. Costs one small read while nothing is due.
async fn round(
    database: &Database,
    every: Duration,
    trouble: &mut Trouble,
    unseen: &mut Unseen,
) -> Result<Duration, Failure> {
    let work = work::look(database, every).await?;
    metrics::gauge!("tagmill_summary_age_seconds").set(unseen.age(&work).as_secs_f64());
    if !work.is_due || work.is_deferred {
        return Ok(every);
    }
    if !work.rest.is_zero() {
        return Ok(work.rest.min(every));
    }
    let Some(took) = refresh::refresh(database, every, trouble).await? else {
        return Ok(every.min(AFTER_YIELDING));
    };
    metrics::gauge!("tagmill_summary_refresh_seconds").set(took.as_secs_f64());
    // The next round reports the number of remaining days and their age.
    Ok(Duration::ZERO)
}

/// The time since which changes of counters and tags wait for a refresh. Stale days have notes with a time; counters
/// and tags have none.
#[derive(Default)]
struct Unseen(Option<Instant>);

impl Unseen {
    /// The age of the oldest change that is not in the figures; 0 if there is none.
    fn age(&mut self, work: &Work) -> Duration {
        if !work.is_written {
            self.0 = None;
            return work.oldest_note;
        }
        // If changes follow each refresh at once, no round finds the tables unchanged. No change is older than the last
        // refresh.
        let unseen = self.0.get_or_insert_with(Instant::now).elapsed();
        work.oldest_note.max(unseen.min(work.age))
    }
}
