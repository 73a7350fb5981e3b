//! Batches that were handed out and are not committed yet: in which stay with us their partitions were.

use std::collections::{HashMap, VecDeque};

use crate::epoch::Epoch;

/// By partition, the last offset of each batch, in the order of the batches.
#[derive(Debug, Default)]
pub(crate) struct HandedOut(HashMap<i32, VecDeque<(i64, Epoch)>>);

impl HandedOut {
    /// A batch goes out; of each of its partitions this is a record, in the order of their offsets.
    pub(crate) fn note(&mut self, records: impl IntoIterator<Item = (i32, i64, Epoch)>) {
        let mut last = HashMap::new();
        for (partition, offset, epoch) in records {
            last.insert(partition, (offset, epoch));
        }
        for (partition, last) in last {
            self.0.entry(partition).or_default().push_back(last);
        }
    }

    /// The stay in which the partition was when the batch went out whose last offset there is this one. That batch, and
    /// those before it, are done with.
    pub(crate) fn take(&mut self, partition: i32, last: i64) -> Option<Epoch> {
        let batches = self.0.get_mut(&partition)?;
        let at = batches.iter().position(|(offset, _)| *offset == last)?;
        batches.drain(..=at).next_back().map(|(_, epoch)| epoch)
    }

    /// Whether a batch of the partition was handed out in this epoch and is not done.
    pub(crate) fn holds(&self, partition: i32, epoch: Epoch) -> bool {
        self.0.get(&partition).is_some_and(|batches| batches.iter().any(|(_, of)| *of == epoch))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_batch_has_the_stay_it_was_handed_out_in() {
        let mut handed_out = HandedOut::default();
        handed_out.note([(0, 8, Epoch(1)), (1, 3, Epoch(1)), (0, 9, Epoch(1))]);
        handed_out.note([(0, 12, Epoch(1))]);
        // The partition went and came back, and its records were read again.
        handed_out.note([(0, 9, Epoch(2))]);
        assert_eq!(handed_out.take(0, 9), Some(Epoch(1)));
        assert_eq!(handed_out.take(1, 3), Some(Epoch(1)));
        assert_eq!(handed_out.take(0, 9), Some(Epoch(2)), "the batch before it was abandoned");
        assert_eq!(handed_out.take(0, 12), None);
    }
}
