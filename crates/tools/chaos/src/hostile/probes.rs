//! Probes of a service under attack, and the time that each took.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::Result;
use harness::hostile::clients::probe;
use tokio::time::sleep;

/// Pause between two probes.
const INTERVAL: Duration = Duration::from_millis(50);

/// The probes so far.
#[derive(Debug, Default)]
pub(super) struct Probes(Mutex<Vec<Result<Duration>>>);

/// Their figures.
#[derive(Debug, Default)]
pub(super) struct Figures {
    pub(super) number: usize,
    pub(super) median: Duration,
    /// 99 of 100 took no longer.
    pub(super) most: Duration,
    pub(super) slowest: Duration,
    /// Why others were not answered.
    pub(super) failed: Vec<String>,
}

impl Probes {
    /// Probes until it is dropped.
    pub(super) async fn probe(self: Arc<Self>, address: SocketAddr, from: [u8; 4]) {
        loop {
            let outcome = probe(address, from).await;
            self.all().push(outcome);
            sleep(INTERVAL).await;
        }
    }

    pub(super) fn figures(&self) -> Figures {
        let all = self.all();
        let mut times: Vec<Duration> = all.iter().filter_map(|outcome| outcome.as_ref().ok().copied()).collect();
        times.sort_unstable();
        let at = |hundredth: usize| times.get((times.len() * hundredth / 100).min(times.len().saturating_sub(1)));
        let [median, most, slowest] = [50, 99, 100].map(|hundredth| at(hundredth).copied().unwrap_or_default());
        let failed =
            all.iter().filter_map(|outcome| outcome.as_ref().err()).map(|error| format!("{error:#}")).collect();
        Figures { number: all.len(), median, most, slowest, failed }
    }

    fn all(&self) -> MutexGuard<'_, Vec<Result<Duration>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_and_the_failed_are_told() {
        let probes = Probes::default();
        assert_eq!(probes.figures().slowest, Duration::ZERO);
        probes.all().extend((1..=200).map(|time| Ok(Duration::from_millis(time))));
        probes.all().push(Err(anyhow::anyhow!("reset")));
        let Figures { number, median, most, slowest, failed } = probes.figures();
        assert_eq!((number, failed), (201, vec!["reset".to_owned()]));
        assert_eq!([median, most, slowest].map(|time| time.as_millis()), [101, 199, 200]);
    }
}
