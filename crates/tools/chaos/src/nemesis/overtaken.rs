//! Replica that is frozen during a batch: others process that batch and all later ones, then the replica resumes.

use std::fs;
use std::time::Duration;

use anyhow::Result;
use harness::{Layer, Process, until};
use nix::libc::{SYS_clock_nanosleep, SYS_nanosleep};

use super::Happened;
use crate::fault::Point;
use crate::plan::Injection;
use crate::system::fleet::MOST;
use crate::system::world::World;

/// Time limit for a service to reach its failpoint, and for a resumed one to process its batch. Other faults may
/// prevent it; then the fault counts as missed.
const WAIT_TIMEOUT: Duration = Duration::from_secs(25);

/// Time limit for the others to pass its position: the rest of a round, a session timeout, a rebalance, and other
/// faults.
const OVERTAKEN: Duration = Duration::from_secs(45);

/// Polling interval.
const LOOK: Duration = Duration::from_secs(5);

/// Time that it sleeps at its failpoint, during which it is suspended: several polling intervals.
const DOZE: Duration = Duration::from_secs(4);

/// Its batch contains the records since it joined or since the last tick: many records that will soon be stale.
const SCHEDULE: &str = "2s";

/// The log message of a service that loses its partitions.
const REVOKED: &str = "partitions revoked";

/// Adds a replica that stops at `point` of its first batch. The others get its partitions when its session times out.
/// When they have processed everything, including its batch and newer records, the replica resumes and processes its
/// batch.
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
    // Its batch is not committed, so a group that has committed everything has processed that batch, too.
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

/// Whether one of its threads sleeps at the failpoint. Threads of the Kafka client sleep at any time and do not count.
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
