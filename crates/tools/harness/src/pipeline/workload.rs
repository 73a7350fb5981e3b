//! Orders to load, and their expected results.

use anyhow::Result;
use workload::generator::mix::Mix;
use workload::generator::{Generator, Options};
use workload::model::{Expected, Model};
use workload::source::{Event, Reference};

use crate::layer::Layer;
use crate::pipeline::Pipeline;
use crate::servers::kafka::Record;

/// A generated week.
#[derive(Debug, Clone)]
pub struct Workload {
    /// Restaurants and users, for Redis.
    pub reference: Vec<Reference>,
    /// The records of the orders topic.
    pub events: Vec<Event>,
}

impl Workload {
    /// A number of orders with many repeated, changed, late, foreign and unreadable events.
    #[must_use]
    pub fn dirty(seed: u64, orders: u64) -> Self {
        Self::generated(seed, orders, Mix::dirty())
    }

    /// A number of orders with one event each, when closed.
    #[must_use]
    pub fn clean(seed: u64, orders: u64) -> Self {
        Self::generated(seed, orders, Mix::clean())
    }

    fn generated(seed: u64, orders: u64, mix: Mix) -> Self {
        let generator = Generator::new(&Options { mix, ..Options::new(seed, orders) });
        Self { reference: generator.reference().collect(), events: generator.collect() }
    }

    /// The expected marts after all events.
    #[must_use]
    pub fn expected(&self) -> Expected {
        self.expected_of(&self.events)
    }

    /// The expected marts after some events.
    #[must_use]
    pub fn expected_of(&self, events: &[Event]) -> Expected {
        let mut model = Model::new(self.reference.iter().cloned());
        events.iter().for_each(|event| model.apply(event));
        model.expected()
    }
}

impl Pipeline {
    /// Writes events to the orders topic without keys, as the order system does, to the partitions in turn.
    ///
    /// # Errors
    /// If the broker rejects one.
    pub async fn load(&self, events: &[Event]) -> Result<()> {
        let partitions = (0..self.partitions()).cycle();
        let record = |(event, partition): (&Event, i32)| Record {
            value: event.value.clone(),
            partition: Some(partition),
            ..Record::default()
        };
        self.produce(&self.source(Layer::Stg), events.iter().zip(partitions).map(record)).await
    }
}
