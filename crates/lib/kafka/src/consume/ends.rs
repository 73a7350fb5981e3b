//! Ends of partitions behind offsets that no consumer sees: transaction markers and aborted records.

use std::collections::HashMap;

use crate::consume::generation::AssignmentGeneration;

/// The last reported end of each partition.
///
/// If only the offset after the last record were committed, the lag of a partition that ends in a marker would never
/// reach 0, and a rebuild would wait for the end for ever.
#[derive(Debug, Default)]
pub(crate) struct Ends(HashMap<i32, End>);

#[derive(Debug)]
struct End {
    generation: AssignmentGeneration,
    /// The offset after the last record before the end.
    after: Option<i64>,
    end: i64,
}

impl Ends {
    /// Records the end of a partition. `after` is the offset after the last record before it, if there was one. An end
    /// that is reported again, because the partition was paused in between, is the same end.
    pub(crate) fn end_reached(
        &mut self,
        partition: i32,
        generation: AssignmentGeneration,
        after: Option<i64>,
        end: i64,
    ) {
        if !self.is_at(partition, generation, end) {
            self.0.insert(partition, End { generation, after, end });
        }
    }

    /// The offset after the last record before an end that was reported before.
    pub(crate) fn after(&self, partition: i32, generation: AssignmentGeneration, end: i64) -> Option<i64> {
        self.0.get(&partition).filter(|known| known.generation == generation && known.end == end)?.after
    }

    /// The offset to commit when every record before `offset` is processed.
    pub(crate) fn committable(&self, partition: i32, generation: AssignmentGeneration, offset: i64) -> i64 {
        let end = self.0.get(&partition).filter(|end| end.generation == generation && end.after == Some(offset));
        end.map_or(offset, |end| end.end.max(offset))
    }

    /// Whether the partition was read to its end at this offset, and no further.
    pub(crate) fn is_at(&self, partition: i32, generation: AssignmentGeneration, offset: i64) -> bool {
        self.0.get(&partition).is_some_and(|end| end.generation == generation && end.end == offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_committed_after_the_last_record() {
        let mut ends = Ends::default();
        ends.end_reached(0, AssignmentGeneration(1), Some(5), 6);
        assert_eq!(ends.committable(0, AssignmentGeneration(1), 5), 6);
        assert_eq!(ends.committable(0, AssignmentGeneration(1), 4), 4, "a record is not processed yet");
        assert_eq!(ends.committable(0, AssignmentGeneration(1), 9), 9, "more records have arrived since");
        assert_eq!(ends.committable(0, AssignmentGeneration(2), 5), 5, "the partition was revoked in between");
        assert_eq!(ends.committable(1, AssignmentGeneration(1), 5), 5);
    }

    #[test]
    fn a_repeated_report_does_not_change_the_end() {
        let mut ends = Ends::default();
        ends.end_reached(0, AssignmentGeneration(1), Some(5), 6);
        ends.end_reached(0, AssignmentGeneration(1), Some(6), 6);
        assert_eq!(ends.after(0, AssignmentGeneration(1), 6), Some(5));
        assert_eq!(
            ends.committable(0, AssignmentGeneration(1), 5),
            6,
            "the batch before the end was in flight when it was reported again"
        );
        ends.end_reached(0, AssignmentGeneration(2), None, 6);
        assert_eq!(ends.after(0, AssignmentGeneration(2), 6), None);
    }

    #[test]
    fn an_end_is_recognized_by_its_offset() {
        let mut ends = Ends::default();
        ends.end_reached(0, AssignmentGeneration(1), None, 6);
        assert!(ends.is_at(0, AssignmentGeneration(1), 6));
        assert!(
            !ends.is_at(0, AssignmentGeneration(1), 5)
                && !ends.is_at(0, AssignmentGeneration(2), 6)
                && !ends.is_at(1, AssignmentGeneration(1), 6)
        );
    }
}
