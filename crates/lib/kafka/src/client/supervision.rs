//! Supervision of a client: decides when a consumer or producer that makes no progress is replaced. The I/O is in
//! `supervisor.rs`.

use std::time::Duration;

use tokio::time::Instant;

/// The state of one supervised client. Time is an argument.
///
/// A client is replaced if it has made no progress for a while and a fresh client has reached the brokers all along. If
/// a fresh client fails as well, the brokers are unreachable and a replacement does not help. A client that makes
/// progress is never replaced.
#[derive(Debug, Default)]
pub(crate) struct Supervision {
    silent: Option<Silent>,
    /// The time since which every fresh client has reached the brokers.
    reachable_since: Option<Instant>,
    probe_at: Option<Instant>,
    /// The number of replacements since the last progress.
    replacements: u32,
    /// The earliest time of another replacement.
    replace_after: Option<Instant>,
}

#[derive(Debug, Clone, Copy)]
struct Silent {
    since: Instant,
    patience: Duration,
}

/// How long the brokers may not answer a client before a fresh client is tried. An election or the restart of a broker
/// in a cluster takes a few seconds.
pub(crate) const NO_ANSWER: Duration = Duration::from_secs(10);

/// How long a rebalance may take while the coordinator answers. Members that do not rejoin delay a rebalance until
/// their sessions time out, 45 seconds by Kafka's default.
pub(crate) const NOT_SETTLED: Duration = Duration::from_secs(60);

/// The interval between two attempts with a fresh client. `PROBE_SELDOM` applies after the brokers have been
/// unreachable for a minute.
const PROBE_EVERY: Duration = Duration::from_secs(3);
const PROBE_SELDOM: Duration = Duration::from_secs(6);
const LONG_AWAY: Duration = Duration::from_secs(60);

/// How long a client may take to notice that the brokers are back. This is longer than the longest pause between its
/// attempts to connect (`reconnect.backoff.max.ms`).
const RECOVERY: Duration = Duration::from_secs(12);

/// How long a client may make no progress before this counts as a stall.
const STALL_AFTER: Duration = Duration::from_secs(20);

/// How long a new client may take before it is replaced as well. Doubled after each replacement.
const SETTLING: Duration = Duration::from_secs(15);
const LONGEST_SETTLING: Duration = Duration::from_secs(300);

impl Supervision {
    /// Records that the client makes progress. An idle client does as well.
    pub(crate) fn progress(&mut self) {
        *self = Self::default();
    }

    /// Records that the client makes no progress now. A fresh client is tried after `patience`.
    pub(crate) fn no_progress(&mut self, now: Instant, patience: Duration) {
        let since = self.silent.map_or(now, |silent| silent.since);
        self.silent = Some(Silent { since, patience });
    }

    /// When a fresh client is tried next. `None` while the client makes progress.
    pub(crate) fn next_probe(&self) -> Option<Instant> {
        let due = self.silent.map(|silent| silent.since + silent.patience)?;
        Some(self.probe_at.map_or(due, |at| at.max(due)))
    }

    /// Records the result of a fresh client. Returns whether the client has to be replaced.
    pub(crate) fn probed(&mut self, now: Instant, is_reachable: bool) -> bool {
        let is_long_away =
            !is_reachable && self.silent.is_some_and(|silent| now.duration_since(silent.since) > LONG_AWAY);
        self.probe_at = Some(now + if is_long_away { PROBE_SELDOM } else { PROBE_EVERY });
        if self.silent.is_none() || !is_reachable {
            self.reachable_since = None;
            return false;
        }
        let since = *self.reachable_since.get_or_insert(now);
        if now.duration_since(since) < RECOVERY || self.replace_after.is_some_and(|after| now < after) {
            return false;
        }
        self.replaced(now);
        true
    }

    fn replaced(&mut self, now: Instant) {
        let settling = SETTLING.saturating_mul(2_u32.saturating_pow(self.replacements)).min(LONGEST_SETTLING);
        self.replacements = self.replacements.saturating_add(1);
        self.replace_after = Some(now + settling);
        self.reachable_since = None;
    }

    /// Whether the client has made no progress for so long that it counts as a stall.
    pub(crate) fn is_stalled(&self, now: Instant) -> bool {
        self.silent.is_some_and(|silent| now.duration_since(silent.since) >= silent.patience.max(STALL_AFTER))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The seconds at which the client is replaced, within this many seconds. Each probe takes a second, and
    /// `is_reachable` decides whether the brokers can be reached.
    fn replacements(
        seconds: u64,
        is_reachable: impl Fn(u64) -> bool,
        makes_progress: impl Fn(u64) -> bool,
    ) -> Vec<u64> {
        let (mut supervision, begin) = (Supervision::default(), Instant::now());
        let replaced = |second: &u64| {
            let now = begin + Duration::from_secs(*second);
            if makes_progress(*second) {
                supervision.progress();
                return false;
            }
            supervision.no_progress(now, NO_ANSWER);
            supervision.next_probe().is_some_and(|at| at <= now) && supervision.probed(now, is_reachable(*second))
        };
        (0..seconds).filter(replaced).collect()
    }

    #[test]
    fn a_client_that_makes_progress_is_never_replaced() {
        assert!(replacements(3600, |_| true, |_| true).is_empty());
        assert!(replacements(3600, |_| true, |second| second % 9 == 0).is_empty(), "rebalances follow each other");
    }

    #[test]
    fn unreachable_brokers_cause_no_replacement() {
        assert!(replacements(3600, |_| false, |_| false).is_empty());
        assert!(
            replacements(3600, |second| second % 10 == 0, |_| false).is_empty(),
            "they are reachable from time to time"
        );
    }

    #[test]
    fn a_client_that_recovers_by_itself_is_not_replaced() {
        assert!(replacements(600, |second| second >= 60, |second| second >= 71).is_empty());
    }

    #[test]
    fn a_client_that_does_not_reconnect_is_replaced_within_twenty_seconds() {
        let replaced = replacements(120, |second| second >= 60, |second| second >= 77);
        assert!(matches!(replaced[..], [at] if (72..=76).contains(&at)), "{replaced:?}");
    }

    #[test]
    fn replacements_without_progress_become_rare() {
        let replaced = replacements(3600, |_| true, |_| false);
        assert!((5..20).contains(&replaced.len()), "{replaced:?}");
        assert!(replaced.windows(2).all(|pair| pair[1] - pair[0] >= 15), "{replaced:?}");
        let last: Vec<_> = replaced.iter().rev().take(2).collect();
        assert!(last[0] - last[1] >= 300, "{replaced:?}");
    }

    #[test]
    fn the_next_probe_follows_from_the_timeout() {
        let (mut supervision, begin) = (Supervision::default(), Instant::now());
        assert_eq!(supervision.next_probe(), None);
        supervision.no_progress(begin, NOT_SETTLED);
        assert_eq!(supervision.next_probe(), Some(begin + NOT_SETTLED));
        supervision.no_progress(begin + NO_ANSWER, NO_ANSWER);
        assert_eq!(supervision.next_probe(), Some(begin + NO_ANSWER), "the coordinator no longer answers");
    }

    #[test]
    fn a_stall_is_reported_after_twenty_seconds() {
        let (mut supervision, begin) = (Supervision::default(), Instant::now());
        supervision.no_progress(begin, NO_ANSWER);
        assert!(!supervision.is_stalled(begin + Duration::from_secs(19)));
        assert!(supervision.is_stalled(begin + Duration::from_secs(20)));
        supervision.progress();
        assert!(!supervision.is_stalled(begin + Duration::from_secs(60)));
    }
}
