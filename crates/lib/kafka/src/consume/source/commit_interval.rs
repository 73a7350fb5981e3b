//! Commits of offsets: which offset of each partition may be committed, and when it is sent.

use std::{collections::BTreeMap, time::Duration};

use ::consumer::Record;
use rdkafka::consumer::Consumer as _;
use tokio::time::Instant;

use super::Source;
use crate::consume::commit_request::commit_offsets;

/// The interval between two commits of offsets. A commit is a record that the brokers store, and costs them as much as
/// a batch. If a commit is late, the next owner of the partition repeats some records after a SIGKILL.
const COMMIT_INTERVAL: Duration = Duration::from_millis(100);

impl Source {
    /// The offsets to commit after `records`, for each partition that has stayed assigned since they were returned.
    pub(super) fn committable(&mut self, records: &[Record]) -> BTreeMap<i32, i64> {
        let mut last = BTreeMap::new();
        for record in records {
            let offset = last.entry(record.partition).or_insert(record.offset);
            *offset = record.offset.max(*offset);
        }
        last.retain(|partition, offset| {
            let in_flight = self.in_flight.take(*partition, *offset);
            in_flight.is_some() && in_flight == self.consumer.context().generation(*partition)
        });
        let next = |(partition, offset): (i32, i64)| {
            let (generation, next) = (self.consumer.context().generation(partition), offset.saturating_add(1));
            (partition, generation.map_or(next, |generation| self.ends.committable(partition, generation, next)))
        };
        last.into_iter().map(next).collect()
    }

    /// Commits due offsets, at most every [`COMMIT_INTERVAL`].
    pub(super) fn commit_at_interval(&mut self) {
        if Instant::now() >= self.commit_at && self.context().has_due_commits() {
            self.commit_now();
        }
    }

    /// Commits due offsets without waiting for the result, which statistics show later. An offset that is not confirmed
    /// is due again as long as the partition stays assigned: see [`PendingCommits`](crate::consume::pending_commits::PendingCommits).
    pub(super) fn commit_now(&mut self) {
        let offsets = self.context().take_due_commits();
        if !offsets.is_empty() {
            self.commit_at = Instant::now() + COMMIT_INTERVAL;
        }
        commit_offsets(&*self.consumer, &self.topic, &offsets, &self.identity.metadata());
    }
}
