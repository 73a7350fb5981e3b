//! Rebalances: replicas join and leave gracefully.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use harness::{Layer, Process};
use tokio::time::{Instant, timeout};

use super::Happened;
use crate::plan::Injection;
use crate::system::fleet::MOST;
use crate::system::world::World;

/// Time limit for a replica to become ready. Other faults may prevent it, which is not an error of the replica.
const WAIT_TIMEOUT: Duration = Duration::from_secs(20);

/// The grace period of a service, and some more for a busy machine.
const GRACE: Duration = Duration::from_secs(35);

/// Adds a replica, or replaces one if there are many.
pub(super) async fn join(world: &World, injection: &Injection) -> Result<Happened> {
    let layer = injection.layer;
    let _turn = world.turns.layer(layer).await;
    if world.fleet.of(layer).len() >= MOST
        && let Some(surplus) = world.fleet.take(layer, injection.choice)
    {
        end(world, layer, &surplus).await?;
    }
    let newcomer = world.fleet.start(&world.fixture.pipeline, layer)?;
    ready(&newcomer).await;
    newcomer.is_running().await
}

/// Removes a replica; if there is only one, another is added first.
pub(super) async fn leave(world: &World, injection: &Injection) -> Result<Happened> {
    let layer = injection.layer;
    let _turn = world.turns.layer(layer).await;
    let leaving = world.fleet.take(layer, injection.choice);
    if world.fleet.of(layer).is_empty() {
        ready(&world.fleet.start(&world.fixture.pipeline, layer)?).await;
    }
    let Some(leaving) = leaving else { return Ok(false) };
    end(world, layer, &leaving).await?;
    Ok(true)
}

async fn ready(process: &Arc<Process>) {
    let _kept_from_it = timeout(WAIT_TIMEOUT, process.ready()).await;
}

/// Sends SIGTERM. The replica must exit successfully within its grace period, also under other faults.
async fn end(world: &World, layer: Layer, process: &Process) -> Result<()> {
    let began = Instant::now();
    match timeout(GRACE, process.terminate()).await {
        Ok(status) => {
            let status = status?;
            if !status.success() {
                world.complain(format!("{} got SIGTERM and exited with {status}", layer.binary()));
            }
        }
        Err(_) => {
            world.complain(format!("{} got SIGTERM and had not exited after {:?}", layer.binary(), began.elapsed()));
            process.kill().await?;
        }
    }
    Ok(())
}
