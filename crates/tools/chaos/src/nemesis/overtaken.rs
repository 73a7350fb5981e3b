//! Frozen replica with a batch in hand: others process that batch and all later ones, then the replica resumes with it.

use std::fs;
use std::time::Duration;

use anyhow::Result;
use e2e::{Layer, Process, until};
use nix::libc::{SYS_clock_nanosleep, SYS_nanosleep};

use super::Happened;
use crate::fault::Point;
use crate::plan::Injection;
use crate::system::fleet::MOST;
use crate::system::world::World;

/// How long an armed service may take to reach its point, and a woken one to do its batch. Other faults may keep it from it:
/// then it missed its moment.
const WAIT_TIMEOUT: Duration = Duration::from_secs(25);

/// How long the others may take to get past it: the rest of a round, a session, a rebalance, and whatever else is broken.
const OVERTAKEN: Duration = Duration::from_secs(45);

/// One look at whether they have.
const LOOK: Duration = Duration::from_secs(5);

/// How long it dozes at its point, in which it is put to sleep for good: some glances are enough.
const DOZE: Duration = Duration::from_secs(4);

/// Its batch holds what has come since it joined or since the last tick: many records that will soon be old.
const SCHEDULE: &str = "2s";

/// What a service logs when its partitions are taken away.
const REVOKED: &str = "partitions revoked";

/// Adds a replica that stops at `point` of its first batch. The others get its partitions when its session has ended; once they have
/// done all there is, its own batch and newer records among it, it wakes up, and does its batch.
pub(super) async fn freeze(world: &World, layer: Layer, point: Point, injection: &Injection) -> Result<Happened> {
    let (pipeline, topic) = (&world.fixture.pipeline, world.fixture.pipeline.source(layer));
    let _turn = world.turns.layer(layer).await;
    if world.fleet.of(layer).len() >= MOST
        && let Some(surplus) = world.fleet.take(layer, injection.choice)
    {
        surplus.kill().await?;
    }
    if world.fleet.of(layer).is_empty() {
        world.fleet.start(pipeline, layer)?;
    }
    let armed = format!("{}=1*sleep({})", point.name(), DOZE.as_millis());
    let sleeper = world.fleet.prepare(pipeline, layer).env("FAILPOINTS", armed).env("SCHEDULE", SCHEDULE).spawn()?;
    if until("it dozes", WAIT_TIMEOUT, async || Ok(dozes(&sleeper).await)).await.is_err() {
        sleeper.kill().await?;
        return Ok(false);
    }
    sleeper.pause().await?;

    let (newest, revoked) = (pipeline.ends(&topic).await.ok(), revocations(&sleeper)?);
    // Its batch is not committed: who has committed everything has done that batch, too.
    let caught_up = async || Ok(pipeline.wait_idle_within(&[layer], LOOK).await.is_ok());
    let overtaken = until("others have done everything", OVERTAKEN, caught_up).await.is_ok();
    let newer = newest.is_some() && pipeline.ends(&topic).await.ok() > newest;
    sleeper.resume().await?;
    let awake = async || {
        let batches = sleeper.metric("tagmill_batches_total").await.unwrap_or_default();
        Ok(batches > 0.0 && revocations(&sleeper)? > revoked)
    };
    let woken = until("it has done its batch", WAIT_TIMEOUT, awake).await.is_ok();
    world.fleet.adopt(layer, sleeper);
    Ok(overtaken && newer && woken)
}

/// Whether a thread of it sleeps of its own accord. Those of the Kafka client may at any time and do not count.
async fn dozes(process: &Process) -> bool {
    let Some(id) = process.id().await else { return false };
    let Ok(threads) = fs::read_dir(format!("/proc/{id}/task")) else { return false };
    threads.flatten().any(|thread| {
        let read = |name| fs::read_to_string(thread.path().join(name)).unwrap_or_default();
        let call = read("syscall").split_whitespace().next().and_then(|number| number.parse().ok());
        !read("comm").starts_with("rdk:") && [Some(SYS_nanosleep), Some(SYS_clock_nanosleep)].contains(&call)
    })
}

fn revocations(process: &Process) -> Result<usize> {
    Ok(process.log()?.matches(REVOKED).count())
}
