//! Options of the generator.

use jiff::civil::{DateTime, date};

use super::mix::Mix;

/// Options of a generated week.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Seed of all random choices.
    pub seed: u64,
    /// Number of distinct orders.
    pub orders: u64,
    /// Number of users; at least one.
    pub users: u32,
    /// Number of restaurants; at least one.
    pub restaurants: u32,
    /// Start of the week. The default is fixed and in the past, because events from the future become dead letters.
    pub start: DateTime,
    /// Shares of unusual orders.
    pub mix: Mix,
}

impl Options {
    /// The usual workload: ten orders a user, enough for the first tags of a week.
    #[must_use]
    pub fn new(seed: u64, orders: u64) -> Self {
        Self {
            seed,
            orders,
            users: u32::try_from(orders / 10).map_or(MOST_USERS, |users| users.clamp(10, MOST_USERS)),
            restaurants: 24,
            start: date(2025, 3, 3).at(0, 0, 0, 0),
            mix: Mix::default(),
        }
    }
}

const MOST_USERS: u32 = 100_000;
