//! The layer as the loop and the shell see it.

use std::{convert::Infallible, time::Duration};

use orders::Counters;
use pipeline::{Backlog, Failure, Layer, Outcome, Record, Stored};
use service::{
    Description, Service, Shared, Startup,
    rebuild::{Rebuild, Step},
};
use warehouse::Warehouse;

use crate::{receive, replace, store};

/// The service: its constants, and the loop's layer.
pub struct Cdm {
    warehouse: Warehouse,
    rebuild: Rebuild,
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
        Ok(Self { warehouse: shared.warehouse.clone(), rebuild: Rebuild::new(shared) })
    }

    /// Readers wait for rebuilt marts between the end of a replay and the round that sees it. A round without a rebuild is
    /// one indexed read.
    fn resume_every((): &()) -> Duration {
        Duration::from_secs(1)
    }
}

impl Layer for Cdm {
    type Event = Counters;
    type Key = Infallible;

    fn receive(&self, record: &Record) -> Result<Counters, Outcome> {
        receive::receive(record)
    }

    /// Versions decide, whatever the order.
    fn key(&self, _: &Counters) -> Option<Infallible> {
        None
    }

    async fn store(&self, events: &[Counters]) -> Result<Stored, Failure> {
        let outcomes = store::store(&self.warehouse, self.rebuild.service(), events).await?;
        Ok(Stored { outcomes, messages: Vec::new() })
    }

    async fn resume(&mut self, _: usize) -> Result<Backlog, Failure> {
        let Step::CaughtUp(state) = self.rebuild.look().await? else { return Ok(Backlog::default()) };
        replace::replace(&self.warehouse, self.rebuild.service(), &state).await?;
        Ok(Backlog { messages: Vec::new(), more: true })
    }
}
