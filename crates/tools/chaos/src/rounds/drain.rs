//! End of a round: faults are healed, then the pipeline is drained until nothing is left to process.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Result;
use devstack::NetworkFault;
use harness::Layer;
use tokio::time::{Instant, sleep};
use workload::model::Truth;

use crate::compare::{Difference, compare};
use crate::fault::Server;
use crate::system::world::World;

/// Time limit for the pipeline to become idle after all faults are healed.
const WAIT_TIMEOUT: Duration = Duration::from_secs(150);

/// Polling interval.
const LOOK: Duration = Duration::from_secs(15);

const PAUSE: Duration = Duration::from_millis(200);

const PARKED: &str = "SELECT object_id FROM stg.order_events WHERE parked_at IS NOT NULL";

/// Heals everything: ends network faults, starts servers, frees the disk, starts at least one replica of each service,
/// writes the names to Redis.
pub(crate) async fn heal(world: &World) -> Result<()> {
    let fixture = &world.fixture;
    fixture.proxies()?.all().into_iter().for_each(|proxy| proxy.set(NetworkFault::Fair));
    if let Some(disk) = &fixture.disk {
        disk.empty()?;
    }
    for server in Server::ALL {
        fixture.start(server).await?;
        fixture.resume(server)?;
    }
    world.names.write_all(&fixture.pipeline).await;
    for deserter in world.fleet.deserters().await? {
        world.complain(deserter);
    }
    for layer in Layer::ALL {
        for process in world.fleet.of(layer) {
            process.resume().await?;
        }
        if world.fleet.of(layer).is_empty() {
            world.fleet.start(&fixture.pipeline, layer)?;
        }
    }
    Ok(())
}

/// Waits until the pipeline is idle, and returns all differences.
pub(crate) async fn find_differences(world: &World) -> Result<Vec<Difference>> {
    let mut oracle = world.oracle.lock().await;
    oracle.follow(&world.fixture.pipeline).await?;
    let truth = oracle.truth(&world.names.known());
    let began = Instant::now();
    let mut restless = Vec::new();
    while let Err(error) = rest(world, &truth).await {
        if began.elapsed() > WAIT_TIMEOUT {
            restless.push(Difference::problem("rest", format!("not reached within {WAIT_TIMEOUT:?}: {error:#}")));
            restless.extend(readiness(world).await);
            break;
        }
        sleep(PAUSE).await;
    }
    for deserter in world.fleet.deserters().await? {
        world.complain(deserter);
    }
    // The report shows only the first differences, so the cause precedes the rows that are missing because of it.
    let mut differences = restless;
    differences.extend(world.complaints().into_iter().map(|problem| Difference::problem("service", problem)));
    differences.extend(compare(&world.fixture.pipeline, &oracle, &truth).await?);
    Ok(differences)
}

/// Reads the state of each service. A service without progress must name the reason in `/ready`.
async fn readiness(world: &World) -> Vec<Difference> {
    let mut answers = Vec::new();
    for layer in Layer::ALL {
        for process in world.fleet.of(layer) {
            let answer = match process.get("/ready").await {
                Ok((status, body)) => format!("{status} {body}"),
                Err(error) => format!("no answer: {error:#}"),
            };
            answers
                .push(Difference::problem("/ready", format!("{} at {}: {answer}", layer.binary(), process.address())));
        }
    }
    answers
}

/// Fails until every record is processed and exactly the expected orders are parked.
async fn rest(world: &World, truth: &Truth) -> Result<()> {
    let pipeline = &world.fixture.pipeline;
    pipeline.wait_idle_within(&Layer::ALL, LOOK).await?;
    let parked: BTreeSet<u64> = pipeline.sql(PARKED).await?.iter().map(|id| id.parse()).collect::<Result<_, _>>()?;
    let expected: BTreeSet<u64> = truth.orders.iter().filter(|(_, order)| order.parked).map(|(id, _)| *id).collect();
    let listed: Vec<_> = parked.symmetric_difference(&expected).take(5).collect();
    anyhow::ensure!(
        listed.is_empty(),
        "{} orders are parked instead of {}, see {listed:?}",
        parked.len(),
        expected.len()
    );
    // Orders un-parked between the two observations are still being processed.
    pipeline.wait_idle_within(&Layer::ALL, LOOK).await
}
