//! Recovery of the services after the broker is back: the time to the first commit of each, and later standstills.

use std::fmt;
use std::time::Duration;

use anyhow::Result;
use futures_util::future::try_join_all;
use harness::Layer;
use tokio::time::{Instant, sleep};

use super::Restart;
use crate::fault::Server;
use crate::system::world::World;

/// The longest time without a commit that a service may need after the broker is back, and at any time afterwards.
pub(crate) const ALLOWED: Duration = Duration::from_secs(30);

/// A service that has not committed after this time is given up for this restart.
const WAIT_TIMEOUT: Duration = Duration::from_secs(120);

/// The time between two reads of the committed offsets.
const LOOK: Duration = Duration::from_millis(300);

/// A restart of the broker and the recovery of the services.
pub(crate) struct Measured {
    pub(crate) restart: Restart,
    pub(crate) services: [Recovery; 3],
}

/// The recovery of one service after the broker is back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Recovery {
    /// The time from the broker's return to the first commit; the whole time watched if there was none.
    pub(crate) first_commit: Duration,
    /// The longest time without a commit, including that before the first one.
    pub(crate) standstill: Duration,
}

/// Follows the committed offsets of one service.
#[derive(Debug, Clone, Copy)]
struct Track {
    back: Instant,
    committed: Option<i64>,
    moved: Option<Instant>,
    recovery: Recovery,
}

impl Track {
    fn new(back: Instant) -> Self {
        let recovery = Recovery { first_commit: Duration::ZERO, standstill: Duration::ZERO };
        Self { back, committed: None, moved: None, recovery }
    }

    /// Records the sum of the committed offsets at this moment.
    fn look(&mut self, now: Instant, committed: i64) {
        let since = self.moved.unwrap_or(self.back);
        self.recovery.standstill = self.recovery.standstill.max(now.saturating_duration_since(since));
        if self.committed.is_some_and(|before| committed > before) {
            self.moved = Some(now);
            if self.recovery.first_commit.is_zero() {
                self.recovery.first_commit = now.saturating_duration_since(self.back);
            }
        }
        self.committed = Some(committed);
    }

    fn has_committed(&self) -> bool {
        self.moved.is_some()
    }

    fn result(&self) -> Recovery {
        match self.moved {
            Some(_) => self.recovery,
            None => Recovery { first_commit: self.recovery.standstill, ..self.recovery },
        }
    }
}

/// Restarts the broker and watches the services until all have committed, and for `at_least`.
pub(crate) async fn measure(world: &World, restart: Restart, at_least: Duration) -> Result<Measured> {
    let back = {
        let _turn = world.turns.server(Server::Kafka).await;
        super::restart(world, &restart).await?
    };
    let mut tracks = [Track::new(back); 3];
    loop {
        let passed = back.elapsed();
        if passed > WAIT_TIMEOUT || (passed > at_least && tracks.iter().all(Track::has_committed)) {
            break;
        }
        // The broker may not answer for a moment; the next read will.
        if let Ok(committed) = look(world).await {
            let now = Instant::now();
            tracks.iter_mut().zip(committed).for_each(|(track, committed)| track.look(now, committed));
        }
        sleep(LOOK).await;
    }
    Ok(Measured { restart, services: tracks.map(|track| track.result()) })
}

async fn look(world: &World) -> Result<Vec<i64>> {
    let sums = Layer::ALL.map(|layer| async move {
        let committed = world.fixture.pipeline.committed(layer).await?;
        anyhow::Ok(committed.iter().sum())
    });
    try_join_all(sums).await
}

impl Measured {
    /// Whether a service made no commit for longer than the limit.
    pub(crate) fn is_late(&self) -> bool {
        self.services.iter().any(|recovery| recovery.standstill > ALLOWED)
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} after {:.0?}; first commit after", self.restart.kind(), self.restart.away)?;
        for (layer, recovery) in Layer::ALL.iter().zip(&self.services) {
            write!(formatter, " {} {:.1} s", layer.stem(), recovery.first_commit.as_secs_f64())?;
        }
        let mut late = self.services.iter().filter(|recovery| recovery.standstill > ALLOWED);
        late.try_for_each(|recovery| write!(formatter, "; no commit for {:.0} s", recovery.standstill.as_secs_f64()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recovery(looks: &[(u64, i64)]) -> Recovery {
        let back = Instant::now();
        let mut track = Track::new(back);
        looks.iter().for_each(|(second, committed)| track.look(back + Duration::from_secs(*second), *committed));
        track.result()
    }

    #[test]
    fn the_first_commit_and_the_longest_standstill_are_reported() {
        let seconds = |first, longest| Recovery {
            first_commit: Duration::from_secs(first),
            standstill: Duration::from_secs(longest),
        };
        assert_eq!(recovery(&[(1, 10), (2, 10), (4, 12), (5, 13)]), seconds(4, 4));
        assert_eq!(recovery(&[(1, 10), (2, 11), (9, 11), (10, 11), (11, 12)]), seconds(2, 9));
        assert_eq!(recovery(&[(1, 10), (2, 11), (40, 11)]), seconds(2, 38));
        assert_eq!(recovery(&[(1, 10), (50, 10)]), seconds(50, 50));
        assert_eq!(recovery(&[(1, 10), (3, 0), (7, 1)]), seconds(7, 7));
    }
}
