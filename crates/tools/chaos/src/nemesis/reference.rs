//! Loss of all data in Redis, as after a flush or a failover to an empty replica.

use anyhow::Result;
use tokio::time::sleep;

use super::Happened;
use crate::fault::Server;
use crate::plan::Injection;
use crate::system::world::World;

/// Empties Redis and fills it again after some seconds; orders wait meanwhile.
pub(super) async fn forget(world: &World, injection: &Injection) -> Result<Happened> {
    let _turn = world.turns.server(Server::Redis).await;
    let pipeline = &world.fixture.pipeline;
    pipeline.forget_names().await?;
    // Names are cached for five seconds, so a shorter time has no effect.
    sleep(injection.lasts * 2).await;
    world.names.write_all(pipeline).await;
    Ok(true)
}
