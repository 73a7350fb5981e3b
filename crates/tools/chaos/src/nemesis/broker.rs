//! Faults of the broker: it is down for longer than a session timeout, or returns under another address.

use std::time::Duration;

use anyhow::Result;

use super::Happened;
use crate::broker::{Back, Restart, restart};
use crate::fault::{End, Server};
use crate::plan::Injection;
use crate::system::world::World;

/// Maximum downtime of the broker.
const LONGEST: Duration = Duration::from_secs(30);

/// The broker returns under the same address.
pub(super) async fn away(world: &World, end: End, injection: &Injection) -> Result<Happened> {
    let shortest = world.fleet.session_timeout() + Duration::from_secs(1);
    let more = LONGEST.saturating_sub(shortest);
    let away = shortest + more.mul_f64(injection.choice as f64 / 1000.0);
    perform(world, Restart { end, away, back: Back::Same }).await
}

/// The broker returns under another address.
pub(super) async fn moves(world: &World, end: End, injection: &Injection) -> Result<Happened> {
    perform(world, Restart { end, away: injection.lasts, back: Back::Other }).await
}

/// The broker returns under a name that does not resolve at first. Skipped if host names cannot be hidden.
pub(super) async fn unresolvable(world: &World, injection: &Injection) -> Result<Happened> {
    if world.fixture.hosts.is_none() {
        return Ok(false);
    }
    let back = Back::Unresolvable(injection.lasts * 3);
    perform(world, Restart { end: End::Kill, away: injection.lasts / 2, back }).await
}

async fn perform(world: &World, planned: Restart) -> Result<Happened> {
    let _turn = world.turns.server(Server::Kafka).await;
    restart(world, &planned).await?;
    Ok(true)
}
