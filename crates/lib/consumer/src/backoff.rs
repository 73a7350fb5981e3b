//! Backoff: the delays between attempts to reach a dependency.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

/// The delays during one outage: 100 ms at first, doubled each time, with jitter, up to [`LONGEST`]. The number of
/// attempts is not limited.
#[derive(Debug)]
pub struct Backoff {
    delays: ExponentialBackoff,
    attempts: u32,
}

/// The longest delay between two attempts, jitter included. With a longer one, a service stays idle after its database
/// is back. With a shorter one, three services overload a database that is starting.
const LONGEST: Duration = Duration::from_secs(5);

impl Backoff {
    /// A backoff without a failed attempt.
    #[must_use]
    pub fn new() -> Self {
        let delays = ExponentialBuilder::new()
            .with_min_delay(Duration::from_millis(100))
            // The jitter adds up to the same amount again.
            .with_max_delay(LONGEST / 2)
            .with_jitter()
            .without_max_times()
            .build();
        Self { delays, attempts: 0 }
    }

    /// Records a failed attempt. Returns the delay before the next one.
    pub fn next_delay(&mut self) -> Duration {
        self.attempts = self.attempts.saturating_add(1);
        self.delays.next().map_or(LONGEST, |delay| delay.min(LONGEST))
    }

    /// The number of failed attempts.
    #[must_use]
    pub const fn attempts(&self) -> u32 {
        self.attempts
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_are_bounded_and_have_jitter() {
        let mut backoff = Backoff::new();
        let delays: Vec<Duration> = (0..1_000).map(|_| backoff.next_delay()).collect();
        assert!(delays[0] <= Duration::from_millis(200), "{:?}", delays[0]);
        assert!(delays.iter().all(|delay| *delay <= LONGEST), "{:?}", delays.iter().max());
        let late = &delays[10..];
        assert!(late.iter().all(|delay| *delay >= LONGEST / 2), "{:?}", late.iter().min());
        assert!(late.iter().max() > late.iter().min(), "all waiting services retry at the same moment");
        assert_eq!(backoff.attempts(), 1_000);
    }
}
