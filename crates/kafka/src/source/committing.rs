//! Commits of offsets: which offset of each partition may be committed, and when it is sent.

use std::{collections::BTreeMap, time::Duration};

use pipeline::Record;
use rdkafka::consumer::Consumer as _;
use tokio::time::Instant;

use super::Source;
use crate::consumer;

/// Between two commits of offsets. Each is a record that the brokers keep, and costs them as much as a batch does; one
/// that is late costs whoever takes over after a SIGKILL a repetition.
const COMMIT_EVERY: Duration = Duration::from_millis(100);

impl Source {
    /// The offset behind the last of `records` in each partition that is ours as it was when they were handed out.
    pub(super) fn committable(&mut self, records: &[Record]) -> BTreeMap<i32, i64> {
        let mut last = BTreeMap::new();
        for record in records {
            let offset = last.entry(record.partition).or_insert(record.offset);
            *offset = record.offset.max(*offset);
        }
        last.retain(|partition, offset| {
            let handed_out = self.handed_out.take(*partition, *offset);
            handed_out.is_some() && handed_out == self.consumer.context().epoch(*partition)
        });
        let next = |(partition, offset): (i32, i64)| {
            let (epoch, next) = (self.consumer.context().epoch(partition), offset.saturating_add(1));
            (partition, epoch.map_or(next, |epoch| self.ends.committable(partition, epoch, next)))
        };
        last.into_iter().map(next).collect()
    }

    /// Commits what is due, unless it was done a moment ago.
    pub(super) fn commit_in_time(&mut self) {
        if Instant::now() >= self.commit_at && self.membership().has_due_commits() {
            self.commit_now();
        }
    }

    /// Commits what is due. Nobody tells us what became of it, but statistics show it; what has not arrived is due again, as
    /// long as the partition stays ours: see [`Commits`](crate::commits::Commits).
    pub(super) fn commit_now(&mut self) {
        let offsets = self.membership().take_due_commits();
        if !offsets.is_empty() {
            self.commit_at = Instant::now() + COMMIT_EVERY;
        }
        consumer::commit(&*self.consumer, &self.topic, &offsets, &self.identity.metadata());
    }
}
