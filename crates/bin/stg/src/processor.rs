//! `Processor` and `Service` of stg: the entry points for the consumer loop and the runtime.

use std::time::Duration;

use consumer::{Dependency, DependencyError, Failure, OutboxBatch, Outcome, Processor, Record, StoreResult};
use database::{Database, Migrations};
use metrics::{
    Unit::{Count, Seconds},
    describe_counter, describe_gauge,
};
use orders::Event;
use reference::{ConnectError, ReferenceStore, ServerInfo};
use runtime::{ExitError, Finding, StartupError, settings::MemoryBudget};
use stream::{Description, Service, Shared};

use crate::{
    clock::now,
    commands::Commands,
    decode::{self, DecodeOptions},
    enrich,
    parked::{Parked, RoundLimits},
    settings::Settings,
    store,
};

/// The stg service.
pub struct Stg {
    database: Database,
    names: ReferenceStore,
    parked: Parked,
    reading: DecodeOptions,
    park_max_age: Duration,
    max_message_bytes: usize,
    memory: MemoryBudget,
}

impl Stg {
    /// Creates the processor on a database, for a destination topic that accepts messages of up to `max_message_bytes`, with these shares
    /// of the memory.
    ///
    /// # Errors
    /// If a setting of Redis is malformed.
    pub fn new(
        settings: &Settings,
        database: &Database,
        max_message_bytes: usize,
        memory: MemoryBudget,
    ) -> Result<Self, ExitError> {
        Ok(Self {
            database: database.clone(),
            names: ReferenceStore::with_cache(&settings.redis()?, memory.cache),
            parked: Parked::default(),
            reading: settings.decode_options(),
            park_max_age: settings.park_max_age,
            max_message_bytes,
            memory,
        })
    }
}

impl Service for Stg {
    const DESCRIPTION: Description = Description {
        name: "stg-service",
        about: "Stores raw orders and enriches them with names from Redis.",
        source_topic: "order-service_orders",
        destination_topic: Some("stg-service-orders"),
        dead_letter_topic: "stg-service-dead-letters",
    };
    const MIGRATIONS: &'static Migrations = &warehouse::MIGRATIONS;
    type Commands = Commands;
    type Settings = Settings;

    fn validate(settings: &Settings) -> Result<(), ExitError> {
        settings.redis().map(drop)
    }

    async fn processor(settings: &Settings, shared: &Shared) -> Result<Self, StartupError> {
        ReferenceStore::connect(&settings.redis()?).ping().await.map_err(|connect_error| match connect_error {
            ConnectError::Rejected(_) => StartupError::Refused(ExitError::Unavailable(connect_error.to_string())),
            ConnectError::Unavailable(error) => DependencyError::new(crate::REDIS, error).into(),
        })?;
        Ok(Self::new(settings, &shared.database, shared.max_message_bytes, shared.memory)?)
    }

    fn describe_metrics() {
        describe_gauge!(
            "tagmill_parked_orders",
            Count,
            "Parked orders by kind of missing name; each order is counted once. Every replica reports the same number: use max, not sum"
        );
        describe_gauge!(
            "tagmill_oldest_parked_order_timestamp_seconds",
            Seconds,
            "Unix time since which the oldest parked order waits, by kind of missing name; 0 if no order is parked"
        );
        describe_gauge!("tagmill_reference_misses", Count, "Distinct names that parked orders wait for, by kind");
        describe_counter!("tagmill_name_lookups_total", Count, "Names looked up, by result");
    }

    fn background_interval(settings: &Settings) -> Duration {
        settings.park_retry
    }

    async fn check(settings: &Settings) -> Vec<Finding> {
        let redis = match settings.redis() {
            Ok(redis) => redis,
            Err(refusal) => return vec![Finding::failed("redis", refusal)],
        };
        vec![match ReferenceStore::connect(&redis).ping().await {
            Ok(ServerInfo { keys: Some(0) }) => {
                Finding::ok("redis", "answers, and its database has no keys; look at the number in REDIS_URL")
            }
            Ok(_) => Finding::ok("redis", "answers"),
            Err(ConnectError::Unavailable(error)) => {
                Finding::failed("redis", format_args!("{error}; is it up? look at REDIS_URL"))
            }
            Err(connect_error) => Finding::failed("redis", connect_error),
        }]
    }
}

impl Processor for Stg {
    type Event = Event;
    type Key = i64;
    const STORE: Dependency = database::POSTGRES;

    fn decode(&self, record: &Record) -> Result<Event, Outcome> {
        decode::decode(record, self.reading, now().unix_millis())
    }

    /// Events of one order must be applied in sequence.
    fn key(&self, event: &Event) -> Option<i64> {
        Some(event.object_id)
    }

    async fn store(&self, events: &[Event]) -> Result<StoreResult, Failure> {
        let lookup = enrich::look_up(&self.names, events, self.memory.lookup).await?;
        store::store(&self.database, events, &lookup, now(), self.max_message_bytes).await
    }

    async fn poll_outbox(&mut self, limit: usize) -> Result<OutboxBatch, Failure> {
        let limits = RoundLimits {
            max_age: self.park_max_age,
            orders: limit,
            budget: self.max_message_bytes,
            lookup: self.memory.lookup,
        };
        self.parked.poll_outbox(&self.database, &self.names, now(), limits).await
    }

    async fn mark_sent(&mut self) -> Result<(), Failure> {
        self.parked.mark_sent().await
    }
}
