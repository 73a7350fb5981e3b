//! How far every partition has been read, and how far the mark says it should be.

use std::collections::HashMap;

use crate::epoch::Epoch;

/// Where each partition stands. Knows no client, so that its cases can be tested without one.
#[derive(Debug, Default)]
pub(crate) struct Progress(HashMap<i32, Stretch>);

#[derive(Debug)]
struct Stretch {
    epoch: Epoch,
    /// The offset behind the last record seen; unknown until the first.
    next: i64,
    /// The mark, while it lies ahead.
    mark: Option<i64>,
}

/// Where a partition begins and ends at this moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extent {
    pub(crate) partition: i32,
    pub(crate) epoch: Epoch,
    pub(crate) low: i64,
    pub(crate) high: i64,
}

impl Progress {
    /// A record has been seen.
    pub(crate) fn reached(&mut self, partition: i32, epoch: Epoch, offset: i64) {
        let stretch = self.stretch(partition, epoch);
        stretch.next = offset + 1;
        stretch.mark = stretch.mark.filter(|&mark| stretch.next < mark);
    }

    /// The partition has nothing more to give. Counting records would wait for ever where the last offsets are taken
    /// by what no reader sees: a transaction's end.
    pub(crate) fn ended(&mut self, partition: i32) {
        if let Some(stretch) = self.0.get_mut(&partition)
            && let Some(mark) = stretch.mark.take()
        {
            stretch.next = mark;
        }
    }

    /// The offset after the last record read in this epoch of the partition, if one was.
    pub(crate) fn next(&self, partition: i32, epoch: Epoch) -> Option<i64> {
        let stretch = self.0.get(&partition).filter(|stretch| stretch.epoch == epoch)?;
        Some(stretch.next).filter(|&next| next >= 0)
    }

    /// Sets the mark of a partition to where it ends now.
    pub(crate) fn mark(&mut self, extent: Extent) {
        let stretch = self.stretch(extent.partition, extent.epoch);
        stretch.mark = Some(extent.high).filter(|&mark| extent.low < mark && stretch.next < mark);
    }

    /// Whether every partition has been read up to its mark.
    pub(crate) fn is_complete(&self) -> bool {
        self.0.values().all(|stretch| stretch.mark.is_none())
    }

    /// Forgets the partitions that are no longer ours, or ours anew.
    pub(crate) fn retain(&mut self, is_ours: impl Fn(i32, Epoch) -> bool) {
        self.0.retain(|&partition, stretch| is_ours(partition, stretch.epoch));
    }

    fn stretch(&mut self, partition: i32, epoch: Epoch) -> &mut Stretch {
        let fresh = Stretch { epoch, next: -1, mark: None };
        let stretch = self.0.entry(partition).or_insert(fresh);
        if stretch.epoch != epoch {
            *stretch = Stretch { epoch, next: -1, mark: None };
        }
        stretch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EPOCH: Epoch = Epoch(1);

    fn marked(low: i64, high: i64) -> Progress {
        let mut progress = Progress::default();
        progress.mark(Extent { partition: 0, epoch: EPOCH, low, high });
        progress
    }

    #[test]
    fn the_record_before_the_mark_completes_it() {
        let mut progress = marked(0, 2);
        progress.reached(0, EPOCH, 0);
        assert!(!progress.is_complete());
        progress.reached(0, EPOCH, 1);
        assert!(progress.is_complete());
    }

    #[test]
    fn nothing_is_waited_for_where_nothing_is() {
        assert!(marked(7, 7).is_complete(), "every record has been deleted");
        assert!(Progress::default().is_complete(), "no partition is ours");
    }

    #[test]
    fn the_end_completes_a_mark_that_no_record_reaches_and_is_remembered() {
        let mut progress = marked(0, 5);
        progress.ended(0);
        assert!(progress.is_complete());
        progress.mark(Extent { partition: 0, epoch: EPOCH, low: 0, high: 5 });
        assert!(progress.is_complete());
    }

    #[test]
    fn a_partition_that_is_gone_or_came_back_is_not_waited_for() {
        let mut progress = marked(0, 5);
        progress.retain(|_, epoch| epoch == Epoch(2));
        assert!(progress.is_complete());
    }
}
