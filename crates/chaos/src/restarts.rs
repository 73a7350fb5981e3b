//! How long a service stands still when it is killed: from its restart to its first commit.

use std::time::Duration;

use anyhow::Result;
use e2e::Layer;
use tokio::time::{Instant, sleep, timeout};

use crate::world::World;

/// After this a restart counts as this long.
const LIMIT: Duration = Duration::from_secs(60);

const GLANCE: Duration = Duration::from_millis(50);

/// Kills the only replica of a service, starts another at once, and returns how long it took until the group had committed
/// a record of every partition that had one to be read.
pub(crate) async fn restart(world: &World, layer: Layer) -> Result<Duration> {
    let pipeline = &world.stage.pipeline;
    if let Some(victim) = world.fleet.take(layer, 0) {
        victim.kill().await?;
    }
    let before: i64 = pipeline.committed(layer).await?.iter().sum();
    let began = Instant::now();
    world.fleet.start(pipeline, layer)?;
    let committed = async {
        while pipeline.committed(layer).await?.iter().sum::<i64>() <= before {
            sleep(GLANCE).await;
        }
        anyhow::Ok(())
    };
    if let Ok(outcome) = timeout(LIMIT, committed).await {
        outcome?;
    }
    Ok(began.elapsed())
}
