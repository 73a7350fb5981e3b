//! The source port: reads records of one topic and commits their offsets.

use crate::{DependencyError, Record};

/// Reads records as one member of a consumer group on one topic.
#[expect(async_fn_in_trait, reason = "the worker runs in the main task, so futures need not be Send")]
pub trait Source {
    /// Records the current end offset of every assigned partition. [`Source::next_until_end`] reads up to it.
    ///
    /// # Errors
    /// The broker does not return the end offsets.
    async fn snapshot_end_offsets(&mut self) -> Result<(), DependencyError>;

    /// The next microbatch, as soon as one record is available: 1 to `limit` records, fewer if they are large. Dropping
    /// the future loses no record.
    ///
    /// # Errors
    /// The broker returns an error. Calling again tries again.
    async fn next(&mut self, limit: usize) -> Result<Vec<Record>, DependencyError>;

    /// The next microbatch once it is full: `limit` records, or fewer if they are large. Dropping the future loses no
    /// record.
    ///
    /// # Errors
    /// The broker returns an error. Calling again tries again.
    async fn next_full(&mut self, limit: usize) -> Result<Vec<Record>, DependencyError>;

    /// The next microbatch before the end offsets: `limit` records if there are as many. Empty when every assigned
    /// partition has been read up to its end offset. Dropping the future loses no record.
    ///
    /// # Errors
    /// The broker returns an error. Calling again tries again.
    async fn next_until_end(&mut self, limit: usize) -> Result<Vec<Record>, DependencyError>;

    /// Runs `work` and keeps the membership in the group: if it takes long, the consumer is paused and polled.
    async fn poll_while<T>(&mut self, work: impl Future<Output = T>) -> T;

    /// Commits the offsets of `records`, which is a batch as it was returned, now or soon. The offsets of a partition
    /// that has been revoked since then are not committed. Batches have to be committed in the order in which they were
    /// returned. Does not wait for the broker's answer: if a commit is lost, the records are read again, which changes
    /// nothing.
    fn commit(&mut self, records: &[Record]);

    /// Leaves the group, after pending commits.
    async fn close(self);
}
