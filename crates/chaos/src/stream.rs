//! The order system: writes generated events to the orders topic, for as long as a round lasts, and goes on in the next.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, Result};
use futures_util::future::try_join_all;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rdkafka::ClientConfig;
use rdkafka::producer::{DeliveryFuture, FutureProducer, FutureRecord};
use serde_json::Value;
use tokio::time::{Instant, sleep_until};
use workload::generator::mix::Mix;
use workload::generator::{Generator, Options};
use workload::source::Event;

/// Keeps the draws of the stream apart from others.
const STREAM: u64 = 3;

/// How long the broker may be away before an event is given up: longer than any fault.
const PATIENCE: Duration = Duration::from_secs(300);

/// Orders without end, written without keys, to partitions as they come.
pub(crate) struct Stream {
    generator: Generator,
    producer: FutureProducer,
    topic: String,
    partitions: i32,
    rng: ChaCha8Rng,
    homes: HashMap<u64, Home>,
}

/// Where the first event of an order went, and whose order it is. An event that names another user goes to the same
/// partition: only there is it sure to come second, and only then is it sure which of the two a service has to refuse.
struct Home {
    partition: i32,
    user: String,
}

impl Stream {
    /// A stream of at most so many orders.
    pub(crate) fn new(seed: u64, orders: u64, bootstrap: &str, topic: String, partitions: i32) -> Result<Self> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(STREAM);
        let producer = ClientConfig::new()
            .set("bootstrap.servers", bootstrap)
            .set("enable.idempotence", "true")
            .set("message.timeout.ms", PATIENCE.as_millis().to_string())
            .set_log_level(rdkafka::config::RDKafkaLogLevel::Critical)
            .create()?;
        let generator = Generator::new(&Options { mix: Mix::hostile(), ..Options::new(seed, orders) });
        Ok(Self { generator, producer, topic, partitions, rng, homes: HashMap::new() })
    }

    pub(crate) fn generator(&self) -> &Generator {
        &self.generator
    }

    /// Orders that have come to their end so far.
    pub(crate) fn orders(&self) -> u64 {
        self.generator.tally().orders
    }

    /// All events so far.
    pub(crate) fn events(&self) -> u64 {
        self.generator.tally().events
    }

    /// Writes events for so long, with so many new orders a second, and returns when the broker has them all.
    pub(crate) async fn run(&mut self, lasts: Duration, rate: f64) -> Result<()> {
        let (begin, before) = (Instant::now(), self.orders());
        let mut deliveries = Vec::new();
        loop {
            let due = Duration::from_secs_f64((self.orders() - before) as f64 / rate);
            if due >= lasts {
                break;
            }
            sleep_until(begin + due).await;
            let Some(event) = self.generator.next() else { break };
            deliveries.push(self.send(&event)?);
        }
        for delivered in try_join_all(deliveries).await? {
            delivered.map_err(|(error, _)| error).context("the broker did not take an event")?;
        }
        Ok(())
    }

    fn send(&mut self, event: &Event) -> Result<DeliveryFuture> {
        let partition = self.partition(event);
        let mut record: FutureRecord<'_, [u8], [u8]> = FutureRecord::to(&self.topic).partition(partition);
        record.payload = event.value.as_deref();
        self.producer.send_result(record).map_err(|(error, _)| error).context("an event cannot be sent")
    }

    fn partition(&mut self, event: &Event) -> i32 {
        let anywhere = self.rng.random_range(0..self.partitions);
        let astray = self.rng.random::<f64>() < 0.3;
        let Some((order, user)) = event.value.as_deref().and_then(order_and_user) else { return anywhere };
        let first = || Home { partition: anywhere, user: user.clone() };
        let home = self.homes.entry(order).or_insert_with(first);
        if astray && home.user == user { anywhere } else { home.partition }
    }
}

fn order_and_user(value: &[u8]) -> Option<(u64, String)> {
    let message: Value = serde_json::from_slice(value).ok()?;
    Some((message["object_id"].as_u64()?, message["payload"]["user"]["id"].as_str()?.to_owned()))
}
