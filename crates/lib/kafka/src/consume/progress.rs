//! Progress of each partition towards the end offset of the last snapshot.

use std::collections::HashMap;

use crate::{Watermarks, consume::generation::AssignmentGeneration};

/// The position of each partition. Uses no client, so its cases are tested without one.
#[derive(Debug, Default)]
pub(crate) struct Progress(HashMap<i32, PartitionProgress>);

#[derive(Debug)]
struct PartitionProgress {
    generation: AssignmentGeneration,
    /// The offset after the last record read. `None` until the first.
    next: i64,
    /// The end offset of the snapshot. `None` once it is reached.
    end: Option<i64>,
}

impl Progress {
    /// Registers a record that was read.
    pub(crate) fn position_reached(&mut self, partition: i32, generation: AssignmentGeneration, offset: i64) {
        let progress = self.progress_of(partition, generation);
        progress.next = offset + 1;
        progress.end = progress.end.filter(|&end| progress.next < end);
    }

    /// Records that the end of the partition was reached. Counting records would wait for ever if the last offsets are
    /// taken by transaction markers, which no consumer sees.
    pub(crate) fn ended(&mut self, partition: i32) {
        if let Some(progress) = self.0.get_mut(&partition)
            && let Some(end) = progress.end.take()
        {
            progress.next = end;
        }
    }

    /// The offset after the last record read in this generation of the partition, if any.
    pub(crate) fn next(&self, partition: i32, generation: AssignmentGeneration) -> Option<i64> {
        let progress = self.0.get(&partition).filter(|progress| progress.generation == generation)?;
        Some(progress.next).filter(|&next| next >= 0)
    }

    /// Sets the end offset up to which a partition is read.
    pub(crate) fn set_end(
        &mut self,
        partition: i32,
        generation: AssignmentGeneration,
        Watermarks { low, high }: Watermarks,
    ) {
        let progress = self.progress_of(partition, generation);
        progress.end = Some(high).filter(|&end| low < end && progress.next < end);
    }

    /// Whether every partition has been read up to its end offset.
    pub(crate) fn is_complete(&self) -> bool {
        self.0.values().all(|progress| progress.end.is_none())
    }

    /// Forgets the partitions that were revoked or have a new generation.
    pub(crate) fn retain(&mut self, is_ours: impl Fn(i32, AssignmentGeneration) -> bool) {
        self.0.retain(|&partition, progress| is_ours(partition, progress.generation));
    }

    fn progress_of(&mut self, partition: i32, generation: AssignmentGeneration) -> &mut PartitionProgress {
        let fresh = PartitionProgress { generation, next: -1, end: None };
        let progress = self.0.entry(partition).or_insert(fresh);
        if progress.generation != generation {
            *progress = PartitionProgress { generation, next: -1, end: None };
        }
        progress
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GENERATION: AssignmentGeneration = AssignmentGeneration(1);

    fn ending(low: i64, high: i64) -> Progress {
        let mut progress = Progress::default();
        progress.set_end(0, GENERATION, Watermarks { low, high });
        progress
    }

    #[test]
    fn the_last_record_before_the_end_offset_completes_the_partition() {
        let mut progress = ending(0, 2);
        progress.position_reached(0, GENERATION, 0);
        assert!(!progress.is_complete());
        progress.position_reached(0, GENERATION, 1);
        assert!(progress.is_complete());
    }

    #[test]
    fn an_empty_partition_is_complete() {
        assert!(ending(7, 7).is_complete(), "every record was deleted");
        assert!(Progress::default().is_complete(), "no partition is assigned");
    }

    #[test]
    fn the_end_of_the_partition_completes_it_and_is_remembered() {
        let mut progress = ending(0, 5);
        progress.ended(0);
        assert!(progress.is_complete());
        progress.set_end(0, GENERATION, Watermarks { low: 0, high: 5 });
        assert!(progress.is_complete());
    }

    #[test]
    fn a_revoked_or_reassigned_partition_is_not_waited_for() {
        let mut progress = ending(0, 5);
        progress.retain(|_, generation| generation == AssignmentGeneration(2));
        assert!(progress.is_complete());
    }
}
