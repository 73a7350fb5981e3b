//! The network between the services and a server.

use std::time::Duration;

use anyhow::Result;
use devstack::{Tally, Weather};
use tokio::time::{sleep, timeout};

use super::Happened;
use crate::fault::Server;
use crate::plan::Injection;
use crate::world::World;

/// How long there may be no transaction at all.
const LIMIT: Duration = Duration::from_secs(12);

/// How long replies or COMMITs are lost after the first was: long enough for the repetition of a batch to lose its own.
const AGAIN: Duration = Duration::from_millis(700);

const GLANCE: Duration = Duration::from_millis(20);

/// Every connection is cut, and every new one.
pub(super) async fn cut(world: &World, server: Server, injection: &Injection) -> Result<Happened> {
    weather(world, server, injection.lasts, Weather::Cut).await
}

/// Everything takes its time.
pub(super) async fn slow(world: &World, server: Server, injection: &Injection) -> Result<Happened> {
    let latency = Duration::from_millis(20 + injection.choice as u64 / 5);
    let bytes_per_second = 20_000 + 200 * u32::try_from(injection.choice).unwrap_or_default();
    weather(world, server, injection.lasts, Weather::Slow { latency, bytes_per_second }).await
}

/// Connections stay, and nothing comes through.
pub(super) async fn half_open(world: &World, server: Server, injection: &Injection) -> Result<Happened> {
    weather(world, server, injection.lasts, Weather::Swallow).await
}

async fn weather(world: &World, server: Server, lasts: Duration, weather: Weather) -> Result<Happened> {
    let _turn = world.turns.network(server).await;
    let proxy = world.stage.proxy(server)?;
    let harm = || match weather {
        Weather::Slow { .. } => proxy.tally().slowed(),
        Weather::Swallow => proxy.tally().swallowed(),
        _ => proxy.tally().cut(),
    };
    let before = harm();
    proxy.set(weather);
    sleep(lasts).await;
    let after = harm();
    proxy.set(Weather::Fair);
    Ok(after > before)
}

/// PostgreSQL commits, and the answer never arrives.
pub(super) async fn lose_commits(world: &World) -> Result<Happened> {
    commits(world, Weather::LoseCommits, Tally::commits).await
}

/// A COMMIT never reaches PostgreSQL, which undoes what it was to make last.
pub(super) async fn swallow_commits(world: &World) -> Result<Happened> {
    commits(world, Weather::SwallowCommits, Tally::swallowed_commits).await
}

async fn commits(world: &World, weather: Weather, harm: fn(&Tally) -> u64) -> Result<Happened> {
    let _turn = world.turns.network(Server::Postgres).await;
    let proxy = world.stage.proxy(Server::Postgres)?;
    let before = harm(proxy.tally());
    proxy.set(weather);
    let lost = async {
        while harm(proxy.tally()) == before {
            sleep(GLANCE).await;
        }
        sleep(AGAIN).await;
    };
    let happened = timeout(LIMIT, lost).await.is_ok();
    proxy.set(Weather::Fair);
    Ok(happened)
}
