//! Servers that are killed or paused.

use anyhow::Result;
use tokio::time::sleep;

use super::Happened;
use crate::fault::Server;
use crate::plan::Injection;
use crate::system::world::World;

/// SIGKILL, and a start after some seconds.
pub(super) async fn kill(world: &World, server: Server, injection: &Injection) -> Result<Happened> {
    let _turn = world.turns.server(server).await;
    world.fixture.kill(server).await?;
    sleep(injection.lasts / 2).await;
    world.fixture.start(server).await?;
    Ok(true)
}

/// SIGSTOP: connections stay open, nothing answers. SIGCONT after some seconds.
pub(super) async fn freeze(world: &World, server: Server, injection: &Injection) -> Result<Happened> {
    let _turn = world.turns.server(server).await;
    world.fixture.pause(server)?;
    sleep(injection.lasts).await;
    world.fixture.resume(server)?;
    Ok(true)
}
