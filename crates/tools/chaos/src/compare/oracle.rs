//! The oracle: reads the records of the orders topic and computes the expected result with the model.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use harness::{Layer, Pipeline};
use workload::model::{ExpectedOutcome, Model, Truth};
use workload::source::{Event, Reference};

/// A place in the orders topic: partition and offset.
pub type Place = (i32, i64);

/// The value of a record; `None` is a tombstone.
type Value = Option<Vec<u8>>;

/// The oracle.
#[derive(Default)]
pub struct Oracle {
    model: Model,
    /// The first unread record of each partition; 0 for partitions beyond.
    next: Vec<i64>,
    refused: BTreeMap<Place, Value>,
    former: Former,
}

/// Dead letters of deleted topics, whose partitions and offsets exist in the present topic, too.
#[derive(Debug, Default)]
pub struct Former {
    /// Of records that were behind the committed offsets.
    pub must: Vec<(Place, Value)>,
    /// Of records that may or may not have been read.
    pub may: Vec<(Place, Value)>,
}

impl Oracle {
    /// Reads the records written since the last call. Order is kept within a partition, which is also all that services
    /// can rely on.
    ///
    /// # Errors
    /// If the broker does not answer.
    pub async fn follow(&mut self, pipeline: &Pipeline) -> Result<()> {
        for record in pipeline.read_from(&pipeline.source(Layer::Stg), &self.next).await? {
            let partition = record.partition.context("a record has no partition")?;
            let place = usize::try_from(partition)?;
            self.next.resize(self.next.len().max(place + 1), 0);
            self.next[place] = record.offset + 1;
            let event = Event { value: record.value };
            if self.model.expected_outcome(&event) == ExpectedOutcome::Refused {
                self.refused.insert((partition, record.offset), event.value);
            }
        }
        Ok(())
    }

    /// The topic was read completely and is about to be deleted. Another topic of its name begins at offset 0.
    /// `committed` is what STG had committed of it, for each partition.
    pub fn forget_topic(&mut self, committed: &[i64]) {
        let read = |(partition, offset): &Place| {
            usize::try_from(*partition).ok().and_then(|partition| committed.get(partition)) > Some(offset)
        };
        let (must, may): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.refused).into_iter().partition(|(place, _)| read(place));
        self.former.must.extend(must);
        self.former.may.extend(may);
        self.next.clear();
    }

    /// The expected content of the database with these names known.
    #[must_use]
    pub fn truth(&self, known: &[Reference]) -> Truth {
        let mut model = self.model.clone();
        known.iter().for_each(|object| model.learn(object));
        model.truth()
    }

    /// The records of the present topic that must be dead letters, with their values.
    #[must_use]
    pub fn refused(&self) -> &BTreeMap<Place, Value> {
        &self.refused
    }

    /// The same of former topics.
    #[must_use]
    pub fn former(&self) -> &Former {
        &self.former
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn committed_bad_records_of_a_former_topic_must_be_dead_letters() {
        let refused = [((0, 4), None), ((0, 5), None), ((1, 0), None)].into();
        let mut oracle = Oracle { refused, next: vec![9, 1], ..Oracle::default() };
        oracle.forget_topic(&[5]);
        assert_eq!(oracle.former.must, [((0, 4), None)]);
        assert_eq!(oracle.former.may, [((0, 5), None), ((1, 0), None)]);
        assert!(oracle.refused.is_empty() && oracle.next.is_empty());
    }
}
