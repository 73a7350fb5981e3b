//! Services that are killed or paused.

use std::time::Duration;

use anyhow::Result;
use harness::Layer;
use tokio::time::sleep;

use super::Happened;
use crate::plan::Injection;
use crate::system::world::World;

/// Time between the end of a service and its restart, as with an orchestrator.
const PAUSE: Duration = Duration::from_millis(300);

/// Time for a broker to notice that a session has ended and to reassign its partitions.
const NOTICE: Duration = Duration::from_secs(2);

/// Kills a replica and starts another in its place.
pub(super) async fn kill(world: &World, layer: Layer, injection: &Injection) -> Result<Happened> {
    let _turn = world.turns.layer(layer).await;
    let Some(victim) = world.fleet.take(layer, injection.choice) else { return Ok(false) };
    victim.kill().await?;
    sleep(PAUSE).await;
    world.fleet.start(&world.fixture.pipeline, layer)?;
    Ok(true)
}

/// Freezes a replica until another has its partitions and has made progress, then resumes it.
pub(super) async fn zombie(world: &World, layer: Layer, injection: &Injection) -> Result<Happened> {
    let _turn = world.turns.layer(layer).await;
    let replicas = world.fleet.of(layer);
    let Some(zombie) = replicas.get(injection.choice % replicas.len().max(1)) else { return Ok(false) };
    if replicas.len() == 1 {
        world.fleet.start(&world.fixture.pipeline, layer)?;
    }
    zombie.pause().await?;
    sleep(world.fleet.session_timeout() + NOTICE).await;
    let alive = zombie.is_running().await?;
    zombie.resume().await?;
    Ok(alive)
}
