//! How long to wait for a dependency that is away.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

/// The delays of one outage: from 100 ms, doubling, with jitter, up to [`LONGEST`], for as long as it takes.
pub(crate) struct Patience {
    delays: ExponentialBackoff,
    attempts: u32,
}

/// The longest delay between two attempts. Longer, and a service stands idle after its database is back; shorter, and
/// three services hammer a database that is trying to start.
const LONGEST: Duration = Duration::from_secs(5);

impl Patience {
    pub(crate) fn new() -> Self {
        let delays = ExponentialBuilder::new()
            .with_min_delay(Duration::from_millis(100))
            .with_max_delay(LONGEST)
            .with_jitter()
            .without_max_times()
            .build();
        Self { delays, attempts: 0 }
    }

    /// Another attempt has failed: how long to wait before the next.
    pub(crate) fn next_delay(&mut self) -> Duration {
        self.attempts = self.attempts.saturating_add(1);
        self.delays.next().unwrap_or(LONGEST)
    }

    /// How many attempts have failed.
    pub(crate) const fn attempts(&self) -> u32 {
        self.attempts
    }
}
