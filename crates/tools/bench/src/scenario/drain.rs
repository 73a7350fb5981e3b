//! Drain: time and cost to process a full topic with three services started together.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::{Layer, Process};
use tokio::time::{Instant, sleep};
use workload::watch::{Observer, StageProgress};

use crate::server::fixture::{Arena, Fixture, stop};
use crate::server::machine;

/// Time limit of a drain.
const WAIT_TIMEOUT: Duration = Duration::from_secs(60 * 60);

/// Interval of polling the progress of the layers: a fiftieth of the shortest drain. Each poll is nine requests to the
/// broker.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// The same near the end, when each layer has less than a fiftieth of its topic left.
const LOOK_CLOSELY: Duration = Duration::from_millis(20);

/// Result of a drain.
#[derive(Debug, Clone)]
pub(crate) struct Drain {
    /// From starting the services to the last commit of the last of them.
    pub(crate) seconds: f64,
    /// User and system CPU time of the services and the servers.
    pub(crate) cpu_seconds: BTreeMap<&'static str, f64>,
    /// The peak memory of each service.
    pub(crate) peak_rss_mib: BTreeMap<&'static str, f64>,
    /// Progress of the layers over time.
    pub(crate) course: Course,
}

/// Progress of some layers: seconds, and the position of each layer, upstream first.
pub(crate) type Course = Vec<(f64, Vec<StageProgress>)>;

/// Starts the services of some layers, waits until they have read everything, and stops them.
pub(crate) async fn drain(fixture: &Fixture, arena: &Arena, layers: &[Layer]) -> Result<Drain> {
    let observer = arena.pipeline.observer(layers)?;
    arena.calm().await?;
    let before = fixture.cpu_seconds()?;
    let began = Instant::now();
    let services = arena.spawn(layers)?;
    let course = finish(arena, &observer, &services, began).await?;
    let cpu_seconds = spent(&before, &usage(fixture, layers, &services).await?);
    let peak_rss_mib = peak_rss_mib(layers, &services).await?;
    if layers.contains(&Layer::Cdm) {
        arena.tagged().await?;
    }
    stop(services).await?;
    let seconds = course.last().map_or(0.0, |(at, _)| *at);
    Ok(Drain { seconds, cpu_seconds, peak_rss_mib, course })
}

/// Polls until all layers are at the ends of their topics, which the last poll has seen.
pub(crate) async fn finish(arena: &Arena, observer: &Observer, services: &[Process], began: Instant) -> Result<Course> {
    let mut course = Course::new();
    loop {
        ensure!(began.elapsed() < WAIT_TIMEOUT, "the drain did not finish within an hour");
        for service in services {
            ensure!(service.is_running().await?, "a service exited unexpectedly: {:?}", arena.pipeline.logs()?);
        }
        // Read upstream first: when all are at their ends, nothing was in progress between them.
        let readings = observer.read().await?;
        let done = readings.iter().all(|reading| reading.lag() == 0 && reading.total > 0);
        let close = readings.iter().all(|reading| reading.lag() < reading.total / 50);
        course.push((began.elapsed().as_secs_f64(), readings));
        if done {
            return Ok(course);
        }
        sleep(if close { LOOK_CLOSELY } else { LOOK_EVERY }).await;
    }
}

/// CPU time that services have used so far.
pub(crate) async fn cpu(layers: &[Layer], services: &[Process]) -> Result<BTreeMap<&'static str, f64>> {
    let mut seconds = BTreeMap::new();
    for (layer, service) in layers.iter().zip(services) {
        let id = service.id().await.context("a service has exited")?;
        seconds.insert(layer.stem(), machine::cpu_seconds(id)?);
    }
    Ok(seconds)
}

/// CPU time that the servers and services have used so far.
pub(crate) async fn usage(
    fixture: &Fixture,
    layers: &[Layer],
    services: &[Process],
) -> Result<BTreeMap<&'static str, f64>> {
    let mut seconds = fixture.cpu_seconds()?;
    seconds.extend(cpu(layers, services).await?);
    Ok(seconds)
}

/// The peak memory of services so far.
pub(crate) async fn peak_rss_mib(layers: &[Layer], services: &[Process]) -> Result<BTreeMap<&'static str, f64>> {
    let mut peaks = BTreeMap::new();
    for (layer, service) in layers.iter().zip(services) {
        peaks.insert(layer.stem(), service.peak_kib().await? as f64 / 1024.0);
    }
    Ok(peaks)
}

/// Records processed between two polls.
pub(crate) fn spent(
    before: &BTreeMap<&'static str, f64>,
    after: &BTreeMap<&'static str, f64>,
) -> BTreeMap<&'static str, f64> {
    after.iter().map(|(name, after)| (*name, after - before.get(name).copied().unwrap_or_default())).collect()
}

/// Each of them for a thousand orders.
pub(crate) fn per_thousand(seconds: &BTreeMap<&'static str, f64>, orders: u64) -> BTreeMap<&'static str, f64> {
    seconds.iter().map(|(name, seconds)| (*name, seconds * 1000.0 / orders as f64)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_are_shown_per_thousand_orders() {
        let spent = spent(&BTreeMap::from([("stg", 1.0)]), &BTreeMap::from([("stg", 3.0), ("dds", 0.5)]));
        assert_eq!(per_thousand(&spent, 500), BTreeMap::from([("stg", 4.0), ("dds", 1.0)]));
    }
}
