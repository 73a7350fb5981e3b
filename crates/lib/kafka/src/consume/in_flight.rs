//! Batches in flight: the assignment generations of their partitions.

use std::collections::{HashMap, VecDeque};

use crate::consume::generation::AssignmentGeneration;

/// The last offset of each batch, by partition, in the order of the batches.
#[derive(Debug, Default)]
pub(crate) struct InFlightOffsets(HashMap<i32, VecDeque<(i64, AssignmentGeneration)>>);

impl InFlightOffsets {
    /// Records that a batch is in flight. `records` are its records, in the order of their offsets in each partition.
    pub(crate) fn note(&mut self, records: impl IntoIterator<Item = (i32, i64, AssignmentGeneration)>) {
        let mut last = HashMap::new();
        for (partition, offset, generation) in records {
            last.insert(partition, (offset, generation));
        }
        for (partition, last) in last {
            self.0.entry(partition).or_default().push_back(last);
        }
    }

    /// The generation of the partition in which the batch with this last offset was returned. Removes that batch and
    /// the batches before it.
    pub(crate) fn take(&mut self, partition: i32, last: i64) -> Option<AssignmentGeneration> {
        let batches = self.0.get_mut(&partition)?;
        let at = batches.iter().position(|(offset, _)| *offset == last)?;
        batches.drain(..=at).next_back().map(|(_, generation)| generation)
    }

    /// Whether a batch of this generation of the partition is in flight.
    pub(crate) fn holds(&self, partition: i32, generation: AssignmentGeneration) -> bool {
        self.0.get(&partition).is_some_and(|batches| batches.iter().any(|(_, of)| *of == generation))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_batch_keeps_the_generation_it_was_returned_in() {
        let mut in_flight = InFlightOffsets::default();
        in_flight.note([
            (0, 8, AssignmentGeneration(1)),
            (1, 3, AssignmentGeneration(1)),
            (0, 9, AssignmentGeneration(1)),
        ]);
        in_flight.note([(0, 12, AssignmentGeneration(1))]);
        // The partition was revoked and assigned again, and its records were read again.
        in_flight.note([(0, 9, AssignmentGeneration(2))]);
        assert_eq!(in_flight.take(0, 9), Some(AssignmentGeneration(1)));
        assert_eq!(in_flight.take(1, 3), Some(AssignmentGeneration(1)));
        assert_eq!(in_flight.take(0, 9), Some(AssignmentGeneration(2)), "the batch before it was abandoned");
        assert_eq!(in_flight.take(0, 12), None);
    }
}
