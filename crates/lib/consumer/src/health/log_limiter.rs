//! Limiter of log lines: the first lines of a reason in full, then one summary line in each interval.

use std::{collections::BTreeMap, time::Duration};

use tokio::time::Instant;

/// The interval. After it, lines of a reason are written in full again.
const INTERVAL: Duration = Duration::from_secs(60);

/// Maximum number of lines in full per reason and interval.
const IN_FULL: u64 = 10;

/// The lines of each reason in the current interval. The metrics count everything.
#[derive(Debug, Default)]
pub struct LogLimiter(BTreeMap<&'static str, Lines>);

#[derive(Debug)]
struct Lines {
    since: Instant,
    count: u64,
}

/// The lines of one reason that were left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeftOut {
    /// The reason.
    pub reason: &'static str,
    /// Their number.
    pub count: u64,
}

impl LogLimiter {
    /// Counts a line. Returns whether it is written in full.
    pub fn admits(&mut self, reason: &'static str, now: Instant) -> bool {
        let lines = self.0.entry(reason).or_insert(Lines { since: now, count: 0 });
        lines.count += 1;
        lines.count <= IN_FULL
    }

    /// Ends the intervals that are over. Returns the reasons whose lines were left out.
    pub fn summaries(&mut self, now: Instant) -> Vec<LeftOut> {
        let is_over = |lines: &Lines| now.duration_since(lines.since) >= INTERVAL;
        let over = self.0.extract_if(.., |_, lines| is_over(lines));
        let left_out = |(reason, lines): (_, Lines)| LeftOut { reason, count: lines.count.saturating_sub(IN_FULL) };
        over.map(left_out).filter(|left_out| left_out.count > 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_lines_are_written_and_the_others_are_counted() {
        let (mut limiter, begin) = (LogLimiter::default(), Instant::now());
        let written = (0..1_000).filter(|_| limiter.admits("not-json", begin)).count();
        assert_eq!(written, 10);
        assert!(limiter.admits("too-large", begin), "each reason has lines of its own");
        assert_eq!(limiter.summaries(begin + INTERVAL - Duration::from_millis(1)), []);
        assert_eq!(limiter.summaries(begin + INTERVAL), [LeftOut { reason: "not-json", count: 990 }]);
        assert_eq!(limiter.summaries(begin + 2 * INTERVAL), []);
        assert!(limiter.admits("not-json", begin + INTERVAL));
    }
}
