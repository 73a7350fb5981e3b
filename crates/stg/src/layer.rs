//! The layer as the loop and the shell see it.

use std::time::{Duration, UNIX_EPOCH};

use names::Names;
use orders::{Event, Moment};
use pipeline::{Backlog, Failure, Layer, Outcome, Record, Stored};
use service::{Description, Finding, Service, Shared, Startup, clock};
use warehouse::Warehouse;

use crate::{
    config::Settings,
    enrich,
    parked::{Bounds, Parked},
    receive, store,
};

/// The service: its constants, and the loop's layer.
pub struct Stg {
    warehouse: Warehouse,
    names: Names,
    parked: Parked,
    park_max_age: Duration,
    max_message_bytes: usize,
}

impl Service for Stg {
    const DESCRIPTION: Description = Description {
        name: "stg-service",
        about: "Keeps every order event and turns its ids into names.",
        source_topic: "order-service_orders",
        destination_topic: Some("stg-service-orders"),
        dead_letter_topic: "stg-service-dead-letters",
    };
    type Settings = Settings;
    type Layer = Self;

    async fn layer(settings: &Settings, shared: &Shared) -> Result<Self, Startup> {
        Ok(Self {
            warehouse: shared.warehouse.clone(),
            names: Names::connect(&settings.redis()?),
            parked: Parked::default(),
            park_max_age: settings.park_max_age,
            max_message_bytes: shared.max_message_bytes,
        })
    }

    fn resume_every(settings: &Settings) -> Duration {
        settings.park_retry
    }

    async fn check(settings: &Settings) -> Vec<Finding> {
        let redis = match settings.redis() {
            Ok(redis) => redis,
            Err(refusal) => return vec![Finding::failed("redis", refusal)],
        };
        vec![match Names::connect(&redis).greet().await {
            Ok(()) => Finding::ok("redis", "answers"),
            Err(denied) => Finding::failed("redis", format_args!("{denied}; look at REDIS_URL and REDIS_CA_FILE")),
        }]
    }
}

impl Layer for Stg {
    type Event = Event;

    fn receive(&self, record: &Record) -> Result<Event, Outcome> {
        receive::receive(record)
    }

    async fn store(&mut self, events: &[Event]) -> Result<Stored, Failure> {
        let directory = enrich::look_up(&mut self.names, events).await?;
        store::store(&self.warehouse, events, &directory, now(), self.max_message_bytes).await
    }

    async fn resume(&mut self, limit: usize) -> Result<Backlog, Failure> {
        let bounds = Bounds { max_age: self.park_max_age, orders: limit, room: self.max_message_bytes };
        self.parked.resume(&self.warehouse, &mut self.names, now(), bounds).await
    }

    async fn settle(&mut self) -> Result<(), Failure> {
        self.parked.settle().await
    }
}

/// The time, to the microsecond.
fn now() -> Moment {
    let since_epoch = clock::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let micros = i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX);
    Moment::from_unix_micros(micros).unwrap_or(Moment::LAST)
}
