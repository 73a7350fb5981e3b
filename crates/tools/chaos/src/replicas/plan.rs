//! The plan of a run with two replicas of a service: a shuffled list of faults, distributed over the rounds. Pure.

use std::fmt;
use std::time::Duration;

use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Number of replicas of the service.
pub(crate) const REPLICAS: usize = 2;

/// Maximum number of faults in a round.
const AT_ONCE: usize = 3;

/// The random stream of the plan, separate from others.
const STREAM: u64 = 2;

/// A round: the time during which there is load, and its faults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round<F> {
    /// Its duration at least; it lasts until its faults are over.
    pub lasts: Duration,
    /// The faults, each with its time.
    pub injections: Vec<Injection<F>>,
}

/// A fault at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Injection<F> {
    /// The fault.
    pub fault: F,
    /// Time since the start of the round.
    pub after: Duration,
    /// Its duration, if it has one.
    pub lasts: Duration,
    /// A random number below 1000: which replica, how many passes of a failpoint before, whether a transaction is ended.
    pub choice: usize,
}

impl<F> Injection<F> {
    /// The replica that it is about.
    pub(crate) fn replica(&self) -> usize {
        self.choice % REPLICAS
    }
}

/// Distributes the faults of `kinds` over the rounds, up to three in each; as many rounds as a third of them hold all.
#[must_use]
pub fn plan<F: Clone>(seed: u64, rounds: usize, kinds: &[F]) -> Vec<Round<F>> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(STREAM);
    let mut deck: Vec<F> = Vec::new();
    (0..rounds)
        .map(|_| {
            if deck.len() < AT_ONCE {
                let mut more = kinds.to_vec();
                more.shuffle(&mut rng);
                more.append(&mut deck);
                deck = more;
            }
            let faults = deck.split_off(deck.len().saturating_sub(AT_ONCE));
            round(&mut rng, faults)
        })
        .collect()
}

fn round<F>(rng: &mut ChaCha8Rng, faults: Vec<F>) -> Round<F> {
    let injections = faults.into_iter().map(|fault| Injection {
        fault,
        after: Duration::from_millis(rng.random_range(500..=4_000)),
        lasts: Duration::from_millis(rng.random_range(1_500..=4_000)),
        choice: rng.random_range(0..1000),
    });
    Round { injections: injections.collect(), lasts: Duration::from_millis(rng.random_range(6_000..=10_000)) }
}

impl<F: fmt::Display> fmt::Display for Injection<F> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { fault, after, lasts, choice } = self;
        write!(formatter, "{fault} (at {:.1} s; {lasts:?}, {choice})", after.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elt::fault::Fault;

    #[test]
    fn eight_rounds_hold_every_kind_whatever_the_seed() {
        let kinds = Fault::all();
        for seed in 0..200 {
            let rounds = plan(seed, 8, &kinds);
            assert!(rounds.iter().all(|round| round.injections.len() == AT_ONCE));
            for kind in &kinds {
                let mut dealt = rounds.iter().flat_map(|round| &round.injections);
                assert!(dealt.any(|injection| injection.fault == *kind), "seed {seed} never has: {kind}");
            }
        }
    }

    #[test]
    fn a_seed_is_a_plan() {
        assert_eq!(plan(7, 20, &Fault::all()), plan(7, 20, &Fault::all()));
        assert_ne!(plan(7, 20, &Fault::all()), plan(8, 20, &Fault::all()));
    }
}
