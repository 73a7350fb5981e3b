//! Loader: writes reference objects to Redis and events to the orders topic.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rdkafka::ClientContext;
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{BaseRecord, Producer, ProducerContext, ThreadedProducer};
use tokio::sync::watch;

use crate::broker::Broker;
use crate::source::{Event, Reference};

/// The topic the order system writes to.
pub const ORDERS_TOPIC: &str = "order-service_orders";

/// Maximum number of unacknowledged records; librdkafka's own queue holds ten times as many.
const IN_FLIGHT: u64 = 10_000;

/// Number of SET commands per round trip.
const PIPELINE: usize = 1_000;

/// Stores reference objects under their ids and returns their number.
///
/// # Errors
/// If Redis cannot be reached or refuses, or an object cannot be read.
pub async fn reference(url: &str, objects: impl IntoIterator<Item = Result<Reference>>) -> Result<u64> {
    let client = redis::Client::open(url).context("the URL of Redis is malformed")?;
    let mut redis = client.get_multiplexed_async_connection().await.context("cannot connect to Redis")?;
    let mut objects = objects.into_iter();
    let mut stored = 0;
    loop {
        let mut pipeline = redis::pipe();
        let mut queued = 0;
        for object in objects.by_ref().take(PIPELINE) {
            let Reference { id, json } = object?;
            pipeline.set(id, json).ignore();
            queued += 1;
        }
        if queued == 0 {
            return Ok(stored);
        }
        pipeline.query_async::<()>(&mut redis).await.context("Redis rejected a SET")?;
        stored += queued;
    }
}

/// Result of a load.
#[derive(Debug, Clone, Copy)]
pub struct Loaded {
    /// Records the broker has acknowledged.
    pub events: u64,
    /// When the first record was sent. The measured time starts here.
    pub began: Instant,
    /// Time from the first record to the last acknowledgement.
    pub took: Duration,
}

/// Progress of a load.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// Records the broker has acknowledged.
    pub acknowledged: u64,
    /// The error of a rejected record, if any.
    pub failure: Option<String>,
}

/// Writes events to one topic: in order, each once, without a key, as the order system does.
pub struct Loader {
    topic: String,
    producer: ThreadedProducer<Deliveries>,
    progress: watch::Receiver<Progress>,
}

impl Loader {
    /// Prepares a producer; the connection is made with the first record.
    ///
    /// # Errors
    /// A setting of the broker is unknown to librdkafka.
    pub fn new(broker: &Broker, topic: impl Into<String>) -> Result<Self> {
        let (deliveries, progress) = watch::channel(Progress::default());
        let producer = broker
            .client()
            .set("enable.idempotence", "true")
            .set("linger.ms", "5")
            .create_with_context(Deliveries(deliveries))
            .context("cannot create the producer")?;
        Ok(Self { topic: topic.into(), producer, progress })
    }

    /// Progress of the load, for display.
    #[must_use]
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.clone()
    }

    /// Writes the events at a maximum rate per second. Returns when the broker has acknowledged them all.
    ///
    /// # Errors
    /// If an event cannot be read, or the broker rejects one.
    pub async fn run(&self, events: impl IntoIterator<Item = Result<Event>>, rate: Option<f64>) -> Result<Loaded> {
        let began = Instant::now();
        let mut sent: u64 = 0;
        for event in events {
            let event = event?;
            if let Some(rate) = rate.filter(|rate| *rate > 0.0) {
                let due = began + Duration::from_secs_f64(sent as f64 / rate);
                tokio::time::sleep_until(due.into()).await;
            }
            self.acknowledged(sent.saturating_sub(IN_FLIGHT)).await?;
            self.send(&event)?;
            sent += 1;
        }
        self.acknowledged(sent).await?;
        Ok(Loaded { events: sent, began, took: began.elapsed() })
    }

    fn send(&self, event: &Event) -> Result<()> {
        let mut record: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(&self.topic);
        record.payload = event.value.as_deref();
        self.producer.send(record).map_err(|(error, _)| error).context("cannot send an event")
    }

    /// Waits until the broker has acknowledged a total number of records.
    async fn acknowledged(&self, enough: u64) -> Result<()> {
        let mut progress = self.progress.clone();
        let arrived = |progress: &Progress| progress.acknowledged >= enough || progress.failure.is_some();
        let failure = progress.wait_for(arrived).await?.failure.clone();
        match failure {
            Some(failure) => anyhow::bail!("the broker rejected an event: {failure}"),
            None => Ok(()),
        }
    }
}

impl Drop for Loader {
    /// Removes the unsent records of an abandoned load.
    fn drop(&mut self) {
        self.producer.purge(rdkafka::producer::PurgeConfig::default().queue().inflight());
    }
}

/// Counts acknowledgements on the producer's own thread.
struct Deliveries(watch::Sender<Progress>);

impl ClientContext for Deliveries {}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, delivery: &DeliveryResult<'_>, (): ()) {
        self.0.send_modify(|progress| match delivery {
            Ok(_) => progress.acknowledged += 1,
            Err((error, _)) => progress.failure = Some(error.to_string()),
        });
    }
}
