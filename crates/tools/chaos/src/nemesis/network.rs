//! Network faults between the services and a server.

use std::time::Duration;

use anyhow::Result;
use devstack::{NetworkFault, Tally};
use tokio::time::{sleep, timeout};

use super::Happened;
use crate::fault::Server;
use crate::plan::Injection;
use crate::system::world::World;

/// Maximum time without any transaction.
const WAIT_TIMEOUT: Duration = Duration::from_secs(12);

/// Time during which replies or COMMITs are lost, from the first one on: long enough for the retry of a batch to lose
/// its own.
const AGAIN: Duration = Duration::from_millis(700);

const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Every connection is cut, and every new one.
pub(super) async fn cut(world: &World, server: Server, injection: &Injection) -> Result<Happened> {
    network_fault(world, server, injection.lasts, NetworkFault::Reset).await
}

/// Adds latency.
pub(super) async fn slow(world: &World, server: Server, injection: &Injection) -> Result<Happened> {
    let latency = Duration::from_millis(20 + injection.choice as u64 / 5);
    let bytes_per_second = 20_000 + 200 * u32::try_from(injection.choice).unwrap_or_default();
    network_fault(world, server, injection.lasts, NetworkFault::Slow { latency, bytes_per_second }).await
}

/// Connections stay open and transfer nothing.
pub(super) async fn half_open(world: &World, server: Server, injection: &Injection) -> Result<Happened> {
    network_fault(world, server, injection.lasts, NetworkFault::Blackhole).await
}

async fn network_fault(
    world: &World,
    server: Server,
    lasts: Duration,
    network_fault: NetworkFault,
) -> Result<Happened> {
    let _turn = world.turns.network(server).await;
    let proxy = world.fixture.proxy(server)?;
    let harm = || match network_fault {
        NetworkFault::Slow { .. } => proxy.tally().slowed(),
        NetworkFault::Blackhole => proxy.tally().swallowed(),
        _ => proxy.tally().cut(),
    };
    let before = harm();
    proxy.set(network_fault);
    sleep(lasts).await;
    let after = harm();
    proxy.set(NetworkFault::Fair);
    Ok(after > before)
}

/// PostgreSQL commits, and the answer never arrives.
pub(super) async fn lose_commits(world: &World) -> Result<Happened> {
    commits(world, NetworkFault::LoseCommits, Tally::commits).await
}

/// A COMMIT never reaches PostgreSQL, which rolls the transaction back.
pub(super) async fn swallow_commits(world: &World) -> Result<Happened> {
    commits(world, NetworkFault::SwallowCommits, Tally::swallowed_commits).await
}

async fn commits(world: &World, network_fault: NetworkFault, harm: fn(&Tally) -> u64) -> Result<Happened> {
    let _turn = world.turns.network(Server::Postgres).await;
    let proxy = world.fixture.proxy(Server::Postgres)?;
    let before = harm(proxy.tally());
    proxy.set(network_fault);
    let lost = async {
        while harm(proxy.tally()) == before {
            sleep(POLL_INTERVAL).await;
        }
        sleep(AGAIN).await;
    };
    let happened = timeout(WAIT_TIMEOUT, lost).await.is_ok();
    proxy.set(NetworkFault::Fair);
    Ok(happened)
}
