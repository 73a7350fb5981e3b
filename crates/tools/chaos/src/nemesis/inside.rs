//! Crashes at a named failpoint inside a batch.

use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use anyhow::{Result, ensure};
use harness::{Layer, Process, until};
use nix::sys::signal::Signal;
use tokio::time::timeout;

use super::Happened;
use crate::fault::{Point, Server};
use crate::plan::Injection;
use crate::system::world::World;

/// Time limit for a service to reach its failpoint. Other faults may prevent it; then the fault counts as missed.
const WAIT_TIMEOUT: Duration = Duration::from_secs(25);

/// Maximum number of batches before the fatal one, and their size: small, so that they are processed one by one.
const PASSES: usize = 6;
const BATCH_SIZE: &str = "10";

/// Replaces a replica by one that dies at `point` of a batch, and that one by a normal one.
pub(super) async fn die_in_a_batch(world: &World, point: Point, injection: &Injection) -> Result<Happened> {
    let (layer, pipeline) = (injection.layer, &world.fixture.pipeline);
    let _turn = world.turns.layer(layer).await;
    if let Some(other) = world.fleet.take(layer, injection.choice) {
        other.kill().await?;
    }
    let passes = injection.choice % PASSES;
    let armed = format!("{}={passes}*off->return", point.name());
    let victim = world.fleet.prepare(pipeline, layer).env("FAILPOINTS", armed);
    let victim = victim.env("BATCH_SIZE", BATCH_SIZE).spawn()?;
    let died = dies(&victim).await?;
    world.fleet.start(pipeline, layer)?;
    Ok(died)
}

/// Removes names so that orders wait, adds them, and kills STG while the orders are being sent.
pub(super) async fn die_unparking(world: &World, point: Point) -> Result<Happened> {
    let pipeline = &world.fixture.pipeline;
    let _names = world.turns.server(Server::Redis).await;
    let _turn = world.turns.layer(Layer::Stg).await;
    while let Some(other) = world.fleet.take(Layer::Stg, 0) {
        other.kill().await?;
    }
    pipeline.forget_names().await?;
    // A replica that has just started has an empty cache of names.
    let forgetful = world.fleet.prepare(pipeline, Layer::Stg).spawn()?;
    let before = pipeline.parked().await.unwrap_or(u64::MAX);
    let waited = until("orders wait for names", WAIT_TIMEOUT, async || {
        Ok(pipeline.parked().await.is_ok_and(|parked| parked > before))
    });
    let parked = waited.await.is_ok();
    forgetful.kill().await?;
    world.names.write_all(pipeline).await;

    let armed = format!("{}=return", point.name());
    let victim = world.fleet.prepare(pipeline, Layer::Stg).env("FAILPOINTS", armed).spawn()?;
    let died = dies(&victim).await?;
    let in_hand = pipeline.unsent().await.is_ok_and(|unsent| unsent > 0);
    world.fleet.start(pipeline, Layer::Stg)?;
    Ok(parked && died && in_hand)
}

/// Whether it dies at the failpoint in time; otherwise it is killed.
async fn dies(victim: &Process) -> Result<bool> {
    match timeout(WAIT_TIMEOUT, victim.wait()).await {
        Ok(status) => {
            let status = status?;
            ensure!(
                status.signal() == Some(Signal::SIGKILL as i32),
                "a service with a failpoint exited with another status: {status}"
            );
            Ok(true)
        }
        Err(_) => {
            victim.kill().await?;
            Ok(false)
        }
    }
}
