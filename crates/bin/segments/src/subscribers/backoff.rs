//! The time between the attempts of a failing sync. Pure.

use std::time::Duration;

/// The time after the first failure.
const FIRST: Duration = Duration::from_secs(5);

/// The longest time.
const LONGEST: Duration = Duration::from_secs(3600);

/// The time until the next attempt, after a failure that follows so many others: 5 seconds, doubling to an hour.
#[must_use]
pub fn backoff(failures: i32) -> Duration {
    let doublings = u32::try_from(failures.clamp(0, 20)).unwrap_or_default();
    FIRST.saturating_mul(1 << doublings).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_doubles_to_an_hour() {
        let seconds: Vec<u64> = (0..12).map(|failures| backoff(failures).as_secs()).collect();
        assert_eq!(seconds, [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]);
        assert_eq!(backoff(i32::MAX), LONGEST);
    }
}
