//! Recovery times after a SIGKILL: from the restart of a service to its first commit.

use std::time::Duration;

use anyhow::Result;
use harness::Layer;
use tokio::time::{Instant, sleep, timeout};

use crate::system::world::World;

/// Maximum recovery time that is measured.
const WAIT_TIMEOUT: Duration = Duration::from_secs(60);

const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Kills the only replica of a service and starts another at once. Returns the time until the group has committed a
/// record of every partition that had unread records.
pub(crate) async fn restart(world: &World, layer: Layer) -> Result<Duration> {
    let pipeline = &world.fixture.pipeline;
    if let Some(victim) = world.fleet.take(layer, 0) {
        victim.kill().await?;
    }
    let before: i64 = pipeline.committed(layer).await?.iter().sum();
    let began = Instant::now();
    world.fleet.start(pipeline, layer)?;
    let committed = async {
        while pipeline.committed(layer).await?.iter().sum::<i64>() <= before {
            sleep(POLL_INTERVAL).await;
        }
        anyhow::Ok(())
    };
    if let Ok(outcome) = timeout(WAIT_TIMEOUT, committed).await {
        outcome?;
    }
    Ok(began.elapsed())
}
