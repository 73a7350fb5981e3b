//! Reads what the order system really wrote, record by record, and asks the model what must come of it.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use e2e::{Layer, Pipeline};
use workload::model::{Fate, Model, Truth};
use workload::source::{Event, Reference};

/// A place in the orders topic: partition and offset.
pub type Place = (i32, i64);

/// Knows the right answer.
#[derive(Default)]
pub struct Oracle {
    model: Model,
    /// The first record of each partition that has not been read.
    next: Vec<i64>,
    refused: BTreeMap<Place, Option<Vec<u8>>>,
}

impl Oracle {
    /// Reads what has been written since the last time. Within a partition in its order, which is all that the services
    /// are promised, too.
    ///
    /// # Errors
    /// The broker does not answer.
    pub async fn follow(&mut self, pipeline: &Pipeline) -> Result<()> {
        self.next.resize(usize::try_from(pipeline.partitions())?, 0);
        for record in pipeline.read_from(&pipeline.source(Layer::Stg), &self.next).await? {
            let partition = record.partition.context("a record without its partition")?;
            self.next[usize::try_from(partition)?] = record.offset + 1;
            let event = Event { value: record.value };
            if self.model.judge(&event) == Fate::Refused {
                self.refused.insert((partition, record.offset), event.value);
            }
        }
        Ok(())
    }

    /// What the warehouse must say if these names are known.
    #[must_use]
    pub fn truth(&self, known: &[Reference]) -> Truth {
        let mut model = self.model.clone();
        known.iter().for_each(|object| model.learn(object));
        model.truth()
    }

    /// The records that must be dead letters, with their values.
    #[must_use]
    pub fn refused(&self) -> &BTreeMap<Place, Option<Vec<u8>>> {
        &self.refused
    }
}
