//! `Processor` and `Service` of dds: the entry points for the consumer loop and the runtime.

use std::time::Duration;

use consumer::{Dependency, Failure, OutboxBatch, Outcome, Processor, Record, StoreResult};
use database::{Database, Migrations};
use orders::Enriched;
use runtime::StartupError;
use stream::{Description, Service, Shared, rebuild::Rebuild};

use crate::{commands::Commands, decode, key_cache::KeyCache, publish, republish::Republisher, store};

/// The dds service.
pub struct Dds {
    database: Database,
    key_cache: KeyCache,
    load_src: String,
    max_message_bytes: usize,
    republisher: Republisher,
}

impl Service for Dds {
    const DESCRIPTION: Description = Description {
        name: "dds-service",
        about: "Writes enriched orders into a Data Vault and publishes counters per user.",
        source_topic: "stg-service-orders",
        destination_topic: Some("dds-service-orders"),
        dead_letter_topic: "dds-service-dead-letters",
    };
    const MIGRATIONS: &'static Migrations = &warehouse::MIGRATIONS;
    type Commands = Commands;
    type Settings = ();

    async fn processor(_: &Self::Settings, shared: &Shared) -> Result<Self, StartupError> {
        let republisher = Republisher::new(Rebuild::new(shared));
        let Shared { database, load_src, max_message_bytes, .. } = shared.clone();
        Ok(Self { database, key_cache: KeyCache::default(), load_src, max_message_bytes, republisher })
    }

    /// Nothing is published between the end of a replay and the round that notices it, so the interval is short. A
    /// round without a rebuild is one indexed read.
    fn background_interval((): &()) -> Duration {
        Duration::from_secs(1)
    }
}

impl Processor for Dds {
    type Event = Enriched;
    type Key = i64;
    const STORE: Dependency = database::POSTGRES;

    fn decode(&self, record: &Record) -> Result<Enriched, Outcome> {
        decode::decode(record)
    }

    /// Events of one order must be applied in sequence.
    fn key(&self, order: &Enriched) -> Option<i64> {
        Some(order.object_id)
    }

    async fn store(&self, events: &[Enriched]) -> Result<StoreResult, Failure> {
        let service = self.republisher.service();
        let (outcomes, snapshots) =
            store::store(&self.database, &self.key_cache, service, &self.load_src, events).await?;
        Ok(StoreResult { outcomes, messages: publish::messages(snapshots, self.max_message_bytes) })
    }

    async fn poll_outbox(&mut self, limit: usize) -> Result<OutboxBatch, Failure> {
        self.republisher.poll_outbox(&self.database, limit, self.max_message_bytes).await
    }

    async fn mark_sent(&mut self) -> Result<(), Failure> {
        self.republisher.mark_sent().await
    }
}
