//! The layer as the loop and the shell see it.

use orders::Counters;
use pipeline::{Failure, Layer, Outcome, Record, Stored};
use service::{Description, Service, Shared, Startup};
use warehouse::Warehouse;

use crate::{receive, store};

/// The service: its constants, and the loop's layer.
pub struct Cdm {
    warehouse: Warehouse,
}

impl Service for Cdm {
    const DESCRIPTION: Description = Description {
        name: "cdm-service",
        about: "Keeps the product and category marts.",
        source_topic: "dds-service-orders",
        destination_topic: None,
        dead_letter_topic: "cdm-service-dead-letters",
    };
    type Settings = ();
    type Layer = Self;

    async fn layer(_: &Self::Settings, shared: &Shared) -> Result<Self, Startup> {
        Ok(Self { warehouse: shared.warehouse.clone() })
    }
}

impl Layer for Cdm {
    type Event = Counters;

    fn receive(&self, record: &Record) -> Result<Counters, Outcome> {
        receive::receive(record)
    }

    async fn store(&mut self, events: &[Counters]) -> Result<Stored, Failure> {
        let outcomes = store::store(&self.warehouse, events).await?;
        Ok(Stored { outcomes, messages: Vec::new() })
    }
}
