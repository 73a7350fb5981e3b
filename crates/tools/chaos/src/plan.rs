//! The plan of a run: a shuffled list of faults, distributed over the rounds. Pure: the same seed gives the same plan.

use std::fmt;
use std::time::Duration;

use harness::Layer;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::fault::Fault;

/// Maximum number of faults in a round.
const AT_ONCE: usize = 3;

/// Duration of a round in which a replica is frozen during a batch at its beginning: the replica must join the
/// group first, and only later orders make its batch stale.
const LONG: Duration = Duration::from_secs(13);

/// The random stream of the plan, separate from others.
const STREAM: u64 = 1;

/// A round: its duration and its faults.
#[derive(Debug, Clone, PartialEq)]
pub struct Round {
    /// Time during which orders are produced.
    pub lasts: Duration,
    /// The faults, each with its time.
    pub injections: Vec<Injection>,
}

/// A fault at a moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Injection {
    /// The fault.
    pub fault: Fault,
    /// Time since the start of the round.
    pub after: Duration,
    /// Its duration, if it has one.
    pub lasts: Duration,
    /// Its target, if the fault has a choice.
    pub layer: Layer,
    /// A random number below 1000 for other choices: the replica, the table.
    pub choice: usize,
}

/// Distributes the faults of `kinds` over the rounds, each at least once if the rounds can hold them; one to three per
/// round.
#[must_use]
pub fn plan(seed: u64, rounds: usize, kinds: &[Fault]) -> Vec<Round> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(STREAM);
    let mut sizes: Vec<usize> = (0..rounds).map(|_| rng.random_range(1..=AT_ONCE)).collect();
    while sizes.iter().sum::<usize>() < kinds.len().min(rounds * AT_ONCE) {
        if let Some(smallest) = sizes.iter_mut().min() {
            *smallest += 1;
        }
    }
    let mut deck = Vec::new();
    while deck.len() < sizes.iter().sum() {
        let mut more = kinds.to_vec();
        more.shuffle(&mut rng);
        deck.extend(more);
        if kinds.is_empty() {
            break;
        }
    }
    let mut deck = deck.into_iter();
    sizes.into_iter().map(|size| round(&mut rng, deck.by_ref().take(size).collect())).collect()
}

/// A round for faults that have missed their moment.
#[must_use]
pub fn another(seed: u64, number: usize, missed: &[Fault]) -> Round {
    let mut rng = ChaCha8Rng::seed_from_u64(seed.wrapping_add(number as u64));
    rng.set_stream(STREAM);
    round(&mut rng, missed.iter().copied().take(AT_ONCE).collect())
}

fn round(rng: &mut ChaCha8Rng, faults: Vec<Fault>) -> Round {
    let freezes = |fault: &Fault| matches!(fault, Fault::FreezeAt(..));
    let drawn = Duration::from_millis(rng.random_range(8_000..=13_000));
    let lasts = if faults.iter().any(freezes) { LONG } else { drawn };
    let injections = faults.into_iter().map(|fault| Injection {
        fault,
        after: Duration::from_millis(rng.random_range(500..=5_000) / if freezes(&fault) { 4 } else { 1 }),
        lasts: Duration::from_millis(rng.random_range(1_500..=6_000)),
        layer: Layer::ALL.choose(rng).copied().unwrap_or(Layer::Dds),
        choice: rng.random_range(0..1000),
    });
    Round { injections: injections.collect(), lasts }
}

impl fmt::Display for Injection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.after.as_secs_f64();
        write!(
            formatter,
            "{} (at {seconds:.1} s; {}, {:?}, {})",
            self.fault,
            self.layer.stem(),
            self.lasts,
            self.choice
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_rounds_contain_every_fault_with_any_seed() {
        let kinds = Fault::all();
        for seed in 0..500 {
            let rounds = plan(seed, 20, &kinds);
            assert_eq!(rounds.len(), 20);
            assert!(rounds.iter().all(|round| (1..=AT_ONCE).contains(&round.injections.len())));
            for kind in &kinds {
                let mut dealt = rounds.iter().flat_map(|round| &round.injections);
                assert!(dealt.any(|injection| injection.fault == *kind), "seed {seed} never has: {kind}");
            }
        }
    }

    #[test]
    fn equal_seeds_give_equal_plans() {
        assert_eq!(plan(7, 20, &Fault::all()), plan(7, 20, &Fault::all()));
        assert_ne!(plan(7, 20, &Fault::all()), plan(8, 20, &Fault::all()));
    }
}
