//! The summary that dashboards read, kept fresh beside the loop.
//!
//! What is asked of orders is added up beforehand, in schema `cdm_summary`, so that a question costs the same however many
//! orders there are. DDS notes the days whose orders change; from time to time those days, and only those, are added up
//! again, and what is about users and tags if any counter or tag has changed. A refresh is one transaction: the notes go
//! with it, so a process that dies leaves them. Of all replicas one at a time refreshes.
//!
//! A task of its own, with a connection of its own: a refresh may take seconds, for which no batch is to wait. Whatever goes
//! wrong here holds up nothing else, is logged and tried again.

use std::time::Duration;

use pipeline::Failure;
use tokio::{task::JoinHandle, time::sleep};
use warehouse::Warehouse;

use self::refresh::Left;

mod work;
mod refresh;

/// Looks after the summary until it is dropped.
pub(crate) struct Summary(JoinHandle<()>);

impl Summary {
    /// Begins to: at once, and then every so often.
    pub(crate) fn keep(warehouse: Warehouse, every: Duration) -> Self {
        Self(tokio::spawn(async move {
            let mut left = Left::default();
            loop {
                let rest = round(&warehouse, every, &mut left).await.unwrap_or_else(|failure| {
                    tracing::warn!(%failure, "the summary could not be refreshed; it will be tried again");
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

/// Between two looks, whatever the settings say.
const SHORTEST_REST: Duration = Duration::from_millis(50);

/// After a refresh that somebody else kept from happening.
const AFTER_YIELDING: Duration = Duration::from_secs(1);

/// Looks, refreshes if it is time, and says when to look again. One small read while there is nothing to do.
/// What a refresh has `left` decides with which days the next one begins.
async fn round(warehouse: &Warehouse, every: Duration, left: &mut Left) -> Result<Duration, Failure> {
    let work = work::look(warehouse, every).await?;
    metrics::gauge!("tagmill_summary_age_seconds").set(if work.is_due { work.age.as_secs_f64() } else { 0.0 });
    if !work.is_due || work.is_put_off {
        return Ok(every);
    }
    if !work.rest.is_zero() {
        return Ok(work.rest.min(every));
    }
    let Some(refreshed) = refresh::refresh(warehouse, every, left).await? else {
        return Ok(every.min(AFTER_YIELDING));
    };
    let took = refreshed.took;
    *left = refreshed.left;
    metrics::gauge!("tagmill_summary_refresh_seconds").set(took.as_secs_f64());
    metrics::gauge!("tagmill_summary_age_seconds").set(0.0);
    tracing::debug!(?took, left.days, "the summary is refreshed");
    // What is left, and how long it has to wait, the next look tells.
    Ok(Duration::ZERO)
}
