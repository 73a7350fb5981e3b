//! Batches that were handed out and are not committed yet: in which stay with us their partitions were.

use std::collections::{HashMap, VecDeque};

use crate::consume::generation::AssignmentGeneration;

/// By partition, the last offset of each batch, in the order of the batches.
#[derive(Debug, Default)]
pub(crate) struct InFlightOffsets(HashMap<i32, VecDeque<(i64, AssignmentGeneration)>>);

impl InFlightOffsets {
    /// A batch goes out; of each of its partitions this is a record, in the order of their offsets.
    pub(crate) fn note(&mut self, records: impl IntoIterator<Item = (i32, i64, AssignmentGeneration)>) {
        let mut last = HashMap::new();
        for (partition, offset, generation) in records {
            last.insert(partition, (offset, generation));
        }
        for (partition, last) in last {
            self.0.entry(partition).or_default().push_back(last);
        }
    }

    /// The stay in which the partition was when the batch went out whose last offset there is this one. That batch, and
    /// those before it, are done with.
    pub(crate) fn take(&mut self, partition: i32, last: i64) -> Option<AssignmentGeneration> {
        let batches = self.0.get_mut(&partition)?;
        let at = batches.iter().position(|(offset, _)| *offset == last)?;
        batches.drain(..=at).next_back().map(|(_, generation)| generation)
    }

    /// Whether a batch of the partition was handed out in this generation and is not done.
    pub(crate) fn holds(&self, partition: i32, generation: AssignmentGeneration) -> bool {
        self.0.get(&partition).is_some_and(|batches| batches.iter().any(|(_, of)| *of == generation))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_batch_has_the_stay_it_was_handed_out_in() {
        let mut in_flight = InFlightOffsets::default();
        in_flight.note([
            (0, 8, AssignmentGeneration(1)),
            (1, 3, AssignmentGeneration(1)),
            (0, 9, AssignmentGeneration(1)),
        ]);
        in_flight.note([(0, 12, AssignmentGeneration(1))]);
        // The partition went and came back, and its records were read again.
        in_flight.note([(0, 9, AssignmentGeneration(2))]);
        assert_eq!(in_flight.take(0, 9), Some(AssignmentGeneration(1)));
        assert_eq!(in_flight.take(1, 3), Some(AssignmentGeneration(1)));
        assert_eq!(in_flight.take(0, 9), Some(AssignmentGeneration(2)), "the batch before it was abandoned");
        assert_eq!(in_flight.take(0, 12), None);
    }
}
