//! Stopped reads and open transactions of partitions, recognized from the client's statistics over time.

use std::{collections::HashMap, time::Duration};

use tokio::time::Instant;

/// The assigned partitions. Uses no client and no clock, so its cases are tested without them.
#[derive(Debug, Default)]
pub(crate) struct PartitionWatch(HashMap<i32, Standing>);

/// A partition in one round of statistics.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Offsets {
    /// The next offset to fetch.
    pub(crate) position: i64,
    /// The last stable offset: everything before it can be read, unless a transaction is open.
    pub(crate) stable: i64,
    /// The high watermark: the offset of the next record.
    pub(crate) high: i64,
    /// The number of fetched records that the loop has not received.
    pub(crate) queued: i64,
}

/// Whether a partition is being read. A partition that is paused, or whose brokers are unreachable, shows old offsets,
/// which are not evaluated.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReadState {
    /// It is being read at the time of the statistics.
    pub(crate) now: bool,
    /// It has been read since the previous statistics.
    pub(crate) lately: bool,
}

/// The problems of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Observation {
    /// Records before the last stable offset are not delivered, and no error is reported.
    pub(crate) is_stopped: bool,
    /// Everything before an open transaction is read.
    pub(crate) awaits_transaction: bool,
}

#[derive(Debug)]
struct Standing {
    position: i64,
    stopped_since: Option<Instant>,
    open: Option<Open>,
}

/// A transaction that begins at `stable`.
#[derive(Debug)]
struct Open {
    stable: i64,
    since: Instant,
    /// Rounds of statistics in which the partition was read, so that `stable` was current.
    rounds: u32,
}

/// How long available records may not be delivered before the partition counts as stopped. A large fetch over a slow
/// network or from a throttling broker takes seconds. A stall has to be reported within a minute.
const STOPPED_AFTER: Duration = Duration::from_secs(40);

/// How long a transaction may be open before it counts as a stall. Exactly-once producers commit every few seconds.
const OPEN_AFTER: Duration = Duration::from_secs(60);

impl PartitionWatch {
    /// Processes one round of statistics.
    pub(crate) fn observe(&mut self, partition: i32, seen: Offsets, reading: ReadState, now: Instant) -> Observation {
        let fresh = Standing { position: -1, stopped_since: None, open: None };
        let standing = self.0.entry(partition).or_insert(fresh);
        let has_moved = standing.position != seen.position;
        standing.position = seen.position;
        // Without an answer to a fetch, the end of the partition is not known and its offsets are negative.
        let is_at_end = seen.high >= 0 && seen.position >= seen.stable;
        let delivers = has_moved || seen.queued > 0 || is_at_end;
        if delivers || !reading.now {
            standing.stopped_since = None;
        } else {
            standing.stopped_since.get_or_insert(now);
        }
        Observation {
            is_stopped: standing.stopped_since.is_some_and(|since| now.duration_since(since) >= STOPPED_AFTER),
            awaits_transaction: standing.awaits_transaction(seen, reading.lately, now),
        }
    }

    /// Forgets the partitions that are no longer assigned.
    pub(crate) fn retain(&mut self, is_ours: impl Fn(i32) -> bool) {
        self.0.retain(|&partition, _| is_ours(partition));
    }
}

impl Standing {
    fn awaits_transaction(&mut self, seen: Offsets, was_read: bool, now: Instant) -> bool {
        if seen.stable < 0 || seen.high <= seen.stable || seen.position < seen.stable {
            self.open = None;
            return false;
        }
        let begun = Open { stable: seen.stable, since: now, rounds: 0 };
        let open = self.open.get_or_insert(begun);
        if open.stable != seen.stable {
            *open = Open { stable: seen.stable, since: now, rounds: 0 };
        }
        open.rounds += u32::from(was_read);
        open.rounds >= 2 && now.duration_since(open.since) >= OPEN_AFTER
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ: Offsets = Offsets { position: 7, stable: 7, high: 7, queued: 0 };

    const UNREAD: Offsets = Offsets { position: -1001, stable: -1001, high: -1001, queued: 0 };

    /// The last observation, with one round of statistics every five seconds for this long.
    fn after(seconds: u64, offsets: Offsets, is_read: bool) -> Observation {
        watched(seconds, offsets, ReadState { now: is_read, lately: is_read })
    }

    fn watched(seconds: u64, offsets: Offsets, reading: ReadState) -> Observation {
        let (mut watch, begin) = (PartitionWatch::default(), Instant::now());
        let rounds = (0..=seconds / 5).map(|round| begin + Duration::from_secs(round * 5));
        rounds.map(|now| watch.observe(0, offsets, reading, now)).last().unwrap_or_default()
    }

    #[test]
    fn a_partition_read_to_its_end_is_not_stopped() {
        assert_eq!(after(600, READ, true), Observation::default());
        assert_eq!(after(600, UNREAD, false), Observation::default(), "paused before its first fetch");
    }

    #[test]
    fn missing_records_are_reported_within_a_minute() {
        let behind = Offsets { position: 3, ..READ };
        assert!(!after(20, behind, true).is_stopped);
        assert!(after(55, behind, true).is_stopped);
        assert!(!after(600, Offsets { queued: 1, ..behind }, true).is_stopped, "the loop is busy");
        assert!(!after(600, behind, false).is_stopped, "paused");
    }

    #[test]
    fn unanswered_fetches_are_reported_within_a_minute() {
        for unanswered in [UNREAD, Offsets { position: 0, ..UNREAD }, Offsets { position: 7, stable: -1, ..UNREAD }] {
            assert!(!after(20, unanswered, true).is_stopped);
            assert!(after(55, unanswered, true).is_stopped, "{unanswered:?}");
        }
    }

    #[test]
    fn a_partition_with_progress_is_not_stopped() {
        let (mut watch, begin) = (PartitionWatch::default(), Instant::now());
        for round in 0..30 {
            let seen = Offsets { position: round, stable: 100, high: 100, queued: 0 };
            let now = begin + Duration::from_secs(5 * u64::try_from(round).unwrap());
            assert_eq!(watch.observe(0, seen, ReadState { now: true, lately: true }, now), Observation::default());
        }
    }

    #[test]
    fn an_open_transaction_is_reported() {
        let waiting = Offsets { high: 9, ..READ };
        assert!(!after(30, waiting, true).awaits_transaction);
        assert!(after(65, waiting, true).awaits_transaction);
        assert!(!after(65, waiting, false).awaits_transaction, "the offsets are old");
        let at_ticks = ReadState { now: false, lately: true };
        assert!(watched(65, waiting, at_ticks).awaits_transaction, "read for a moment at each tick");
        assert!(!after(65, Offsets { position: 3, ..waiting }, true).awaits_transaction, "there is more to read");
    }

    #[test]
    fn successive_transactions_are_not_reported_as_one() {
        let (mut watch, begin) = (PartitionWatch::default(), Instant::now());
        for round in 0..30 {
            let seen = Offsets { position: round, stable: round, high: round + 5, queued: 0 };
            let now = begin + Duration::from_secs(5 * u64::try_from(round).unwrap());
            assert_eq!(watch.observe(0, seen, ReadState { now: true, lately: true }, now), Observation::default());
        }
    }
}
