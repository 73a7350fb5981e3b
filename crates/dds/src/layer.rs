//! The layer as the loop and the shell see it.

use orders::Enriched;
use pipeline::{Failure, Layer, Outcome, Record, Stored};
use service::{Description, Service, Shared, Startup};
use warehouse::Warehouse;

use crate::{publish, receive, store};

/// The service: its constants, and the loop's layer.
pub struct Dds {
    warehouse: Warehouse,
    load_src: String,
    max_message_bytes: usize,
}

impl Service for Dds {
    const DESCRIPTION: Description = Description {
        name: "dds-service",
        about: "Writes enriched orders into a Data Vault and publishes counters per user.",
        source_topic: "stg-service-orders",
        destination_topic: Some("dds-service-orders"),
        dead_letter_topic: "dds-service-dead-letters",
    };
    type Settings = ();
    type Layer = Self;

    async fn layer(_: &Self::Settings, shared: &Shared) -> Result<Self, Startup> {
        let Shared { warehouse, load_src, max_message_bytes } = shared.clone();
        Ok(Self { warehouse, load_src, max_message_bytes })
    }
}

impl Layer for Dds {
    type Event = Enriched;

    fn receive(&self, record: &Record) -> Result<Enriched, Outcome> {
        receive::receive(record)
    }

    async fn store(&mut self, events: &[Enriched]) -> Result<Stored, Failure> {
        let (outcomes, readings) = store::store(&self.warehouse, &self.load_src, events).await?;
        Ok(Stored { outcomes, messages: publish::messages(readings, self.max_message_bytes) })
    }
}
