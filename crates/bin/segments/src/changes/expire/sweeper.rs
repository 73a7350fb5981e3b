//! The sweeper: closes memberships whose time is over, and deletes old answers of Idempotency-Keys, every second. Reads do
//! not depend on it.

use std::time::Duration;

use consumer::Failure;
use schedule::Schedule;
use tokio_util::sync::CancellationToken;

use crate::{changes::Changes, metrics};

/// The time between two rounds.
const EVERY: Duration = Duration::from_secs(1);

/// Runs until `stop` is cancelled.
pub(crate) async fn run(changes: &Changes, stop: &CancellationToken) -> anyhow::Result<()> {
    metrics::swept(0, runtime::clock::now());
    let round = async || {
        metrics::swept(changes.sweep().await?, runtime::clock::now());
        changes.delete_old_answers().await?;
        Ok::<_, Failure>(())
    };
    Ok(schedule::run_task("sweeper", &Schedule::Every(EVERY), stop, round).await?)
}
