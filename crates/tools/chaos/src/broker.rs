//! Restarts of the broker: how it is stopped, how long it is down, and the address it returns under.

pub(crate) mod recovery;
pub(crate) mod table;
pub(crate) mod run;

use std::fmt;
use std::time::Duration;

use anyhow::{Context, Result};
use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use tokio::time::{Instant, sleep};

use crate::fault::{End, Server};
use crate::system::world::World;

/// The minimum and maximum downtime of the broker, in milliseconds.
const AWAY: std::ops::RangeInclusive<u64> = 1_000..=30_000;

/// Time during which its name does not resolve in a run with `BROKER`.
pub(crate) const UNRESOLVABLE: Duration = Duration::from_secs(40);

/// The loopback interface.
const LOOPBACK: &str = "127.0.0.1";

/// A restart of the broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Restart {
    pub(crate) end: End,
    pub(crate) away: Duration,
    pub(crate) back: Back,
}

/// The address under which the broker returns. The bootstrap servers never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Back {
    /// The former address.
    Same,
    /// Another address.
    Other,
    /// A name that does not resolve for this long after the start.
    Unresolvable(Duration),
}

impl Restart {
    /// Draws the next restart. The kinds of address take turns; `names` says whether names can be hidden.
    pub(crate) fn draw(rng: &mut ChaCha8Rng, number: usize, names: bool) -> Self {
        let kinds = [Back::Same, Back::Other, Back::Unresolvable(UNRESOLVABLE)];
        let kinds = if names { &kinds[..] } else { &kinds[..2] };
        Self {
            end: End::ALL.choose(rng).copied().unwrap_or(End::Kill),
            away: Duration::from_millis(rng.random_range(AWAY)),
            back: kinds[number % kinds.len()],
        }
    }

    /// Kind of restart in the report.
    pub(crate) fn kind(&self) -> String {
        format!("{}, {}", self.end, self.back)
    }
}

impl fmt::Display for Back {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Same => formatter.write_str("same address"),
            Self::Other => formatter.write_str("another address"),
            Self::Unresolvable(lasts) => write!(formatter, "unresolvable for {} s", lasts.as_secs()),
        }
    }
}

/// Stops the broker and starts it again. Returns when it serves clients at an address that they can reach, with the
/// time of that moment. The caller holds the broker's turn.
pub(crate) async fn restart(world: &World, restart: &Restart) -> Result<Instant> {
    let fixture = &world.fixture;
    match restart.end {
        End::Kill => fixture.kill(Server::Kafka).await?,
        End::Stop => fixture.stack.kafka().stop().await?,
    }
    sleep(restart.away).await;
    let name = match restart.back {
        Back::Same => None,
        Back::Other => {
            advertise(world, LOOPBACK, world.address.next())?;
            None
        }
        Back::Unresolvable(_) => {
            let number = world.address.next();
            let name = format!("broker-{number}.tagmill.invalid");
            advertise(world, &name, number)?;
            Some(name)
        }
    };
    fixture.start(Server::Kafka).await?;
    if let (Back::Unresolvable(lasts), Some(name)) = (restart.back, name) {
        sleep(lasts).await;
        fixture.hosts.as_ref().context("host names cannot be hidden on this machine")?.resolve(&name)?;
    }
    Ok(Instant::now())
}

/// Two addresses alternate, and the former one refuses connections. The address of the bootstrap servers is a third
/// one.
fn advertise(world: &World, host: &str, number: usize) -> Result<()> {
    let [second, third] = world.fixture.proxies()?.other_kafka_ports();
    world.fixture.stack.kafka_advertises(host, if number.is_multiple_of(2) { second } else { third })
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn restarts_have_every_kind_and_a_bounded_length() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let drawn: Vec<Restart> = (0..60).map(|number| Restart::draw(&mut rng, number, true)).collect();
        let kinds: std::collections::BTreeSet<String> = drawn.iter().map(Restart::kind).collect();
        assert_eq!(kinds.len(), 6, "{kinds:?}");
        assert!(drawn.iter().all(|restart| (1..=30).contains(&restart.away.as_secs())));
        assert!(drawn.iter().any(|restart| restart.away.as_secs() < 8) && drawn.iter().any(|r| r.away.as_secs() > 22));
        assert!((0..9).all(|number| Restart::draw(&mut rng, number, false).back < Back::Unresolvable(Duration::ZERO)));
    }
}
