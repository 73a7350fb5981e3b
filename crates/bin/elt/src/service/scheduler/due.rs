//! Whether a job is due at a tick. Pure.

use std::time::Duration;

use tokio::time::Instant;

/// Ticks are not exact: a job with EVERY of two periods is due at the second tick, although that may come a little early.
const EARLY: Duration = Duration::from_millis(500);

/// Whether a job that was started at `last` runs at the tick `now`.
pub(super) fn is_due(now: Instant, last: Option<Instant>, every: Option<Duration>) -> bool {
    match (last, every) {
        (Some(last), Some(every)) => now.duration_since(last) + EARLY >= every,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_due_at_each_tick_or_after_every() {
        let (begin, minute) = (Instant::now(), Duration::from_secs(60));
        assert!(is_due(begin, None, Some(minute)), "the first tick is at the start");
        assert!(is_due(begin, Some(begin), None));
        let due = |after: Duration| is_due(begin + after, Some(begin), Some(10 * minute));
        assert!(!due(5 * minute));
        assert!(due(10 * minute - Duration::from_millis(20)));
    }
}
