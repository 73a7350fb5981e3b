//! Rate of progress over the last few seconds.

use std::collections::VecDeque;
use std::time::Duration;

/// Time window of a rate: long enough to be stable, short enough to show a stall.
const WINDOW: Duration = Duration::from_secs(5);

/// Remembers the counts of the window.
#[derive(Debug, Default)]
pub(super) struct Pace {
    seen: VecDeque<(Duration, u64)>,
}

impl Pace {
    /// Adds a count at a time since the start. Returns the rate per second.
    pub(super) fn note(&mut self, at: Duration, count: u64) -> f64 {
        self.seen.push_back((at, count));
        while self.seen.get(1).is_some_and(|(time, _)| at.saturating_sub(*time) >= WINDOW) {
            self.seen.pop_front();
        }
        let (since, before) = self.seen.front().copied().unwrap_or((at, count));
        let seconds = at.saturating_sub(since).as_secs_f64();
        if seconds > 0.0 { count.saturating_sub(before) as f64 / seconds } else { 0.0 }
    }
}

/// Remaining time at this rate; unknown if there is no progress.
pub(super) fn time_left(rest: u64, per_second: f64) -> Option<Duration> {
    (per_second > 0.0).then(|| Duration::from_secs((rest as f64 / per_second).ceil() as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_that_of_the_last_seconds() {
        let mut pace = Pace::default();
        let at = Duration::from_secs;
        assert_eq!(pace.note(at(0), 0), 0.0);
        assert_eq!(pace.note(at(2), 200), 100.0);
        assert_eq!(pace.note(at(7), 200), 0.0);
        assert_eq!(time_left(50, 0.0), None);
        assert_eq!(time_left(150, 100.0), Some(at(2)));
    }
}
