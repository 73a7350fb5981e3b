//! Random numbers: every generated object has a stream of its own, so it can be drawn again at any time.

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The kind of object that a random stream belongs to; the numbers keep streams of different kinds apart.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Restaurant = 1,
    User = 2,
    Order = 3,
}

/// The stream of the `index`-th thing of its kind.
pub(super) fn stream(seed: u64, kind: Kind, index: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream((kind as u64) << 56 | index);
    rng
}

/// An id as the order system makes them: 24 hex digits.
pub(super) fn id(rng: &mut impl Rng) -> String {
    let digits: u128 = rng.random();
    format!("{:024x}", digits >> 32)
}

/// True for the given share of the draws; a share outside 0 to 1 is never or always, not a panic.
pub(super) fn chance(rng: &mut impl Rng, share: f64) -> bool {
    rng.random::<f64>() < share
}

/// An index below the bound; 0 if the bound is 0.
pub(super) fn below(rng: &mut impl Rng, bound: usize) -> usize {
    if bound == 0 { 0 } else { rng.random_range(0..bound as u64) as usize }
}

/// An index below the bound. Small indexes are more frequent, as with choices from a menu.
pub(super) fn early(rng: &mut impl Rng, bound: usize) -> usize {
    below(rng, bound).min(below(rng, bound))
}

/// Integer weights, summed up: no floating point between the seed and the bytes.
#[derive(Debug)]
pub(super) struct Weights {
    sums: Vec<u64>,
}

impl Weights {
    pub(super) fn new(weights: impl Iterator<Item = u64>) -> Self {
        let sums = weights.scan(0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        });
        Self { sums: sums.collect() }
    }

    pub(super) fn total(&self) -> u64 {
        self.sums.last().copied().unwrap_or(0)
    }

    /// The item at a point from 0 to the total, and the offset of the point in it.
    pub(super) fn locate(&self, point: u64) -> (usize, u64) {
        let index = self.sums.partition_point(|sum| *sum <= point);
        let before = index.checked_sub(1).map_or(0, |last| self.sums[last]);
        (index, point - before)
    }

    /// An index, drawn in proportion to the weights; 0 if there are no weights.
    pub(super) fn draw(&self, rng: &mut impl Rng) -> usize {
        match self.total() {
            0 => 0,
            total => self.locate(rng.random_range(0..total)).0,
        }
    }
}
