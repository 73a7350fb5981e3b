//! The port to the source topic.

use crate::{DependencyError, Record};

/// Where records come from: one member of a consumer group on one topic.
#[expect(async_fn_in_trait, reason = "the worker runs in the main task, nothing has to be Send")]
pub trait Source {
    /// Notes where every assigned partition ends now: [`Source::next_until_end`] reads up to there.
    ///
    /// # Errors
    /// When the broker does not tell.
    async fn snapshot_end_offsets(&mut self) -> Result<(), DependencyError>;

    /// The next microbatch, 1 to `limit` records (fewer where they are large): whatever is there, waiting only for the first. Dropping the future
    /// loses no record.
    ///
    /// # Errors
    /// When the broker refuses; calling again tries again.
    async fn next(&mut self, limit: usize) -> Result<Vec<Record>, DependencyError>;

    /// The next microbatch once it is full: `limit` records, or as many as are large enough. Dropping the future loses no
    /// record.
    ///
    /// # Errors
    /// When the broker refuses; calling again tries again.
    async fn next_full(&mut self, limit: usize) -> Result<Vec<Record>, DependencyError>;

    /// The next microbatch before the mark, filled up to `limit` while there are records; empty when every assigned
    /// partition has been read up to its mark. Dropping the future loses no record.
    ///
    /// # Errors
    /// When the broker refuses; calling again tries again.
    async fn next_until_end(&mut self, limit: usize) -> Result<Vec<Record>, DependencyError>;

    /// Runs `work` without losing the membership in the group: when it takes long, the source is polled, paused.
    async fn poll_while<T>(&mut self, work: impl Future<Output = T>) -> T;

    /// Commits the offsets behind `records`, a batch as it was handed out, at once or soon, but never those of a partition
    /// that was revoked since then. Batches are committed in the order in which they were handed out. Does not wait for the
    /// broker's answer: a commit that is lost means the records come again, which changes nothing.
    fn commit(&mut self, records: &[Record]);

    /// Leaves the group, after the commits on their way.
    async fn close(self);
}
