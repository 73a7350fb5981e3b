//! The producers of the order system: plain, compressing, transactional.

use anyhow::{Context, Result};
use futures_util::future::try_join_all;
use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::producer::{DeliveryFuture, FutureProducer, FutureRecord};

use crate::system::order_system::Way;
use crate::system::transactions::Transactions;

/// Delivery timeout of an event: longer than any fault.
pub(crate) const IDLE_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(300);

/// Events of one transaction.
const GROUP: usize = 20;

/// A value for a partition.
pub(crate) type Outgoing = (i32, Option<Vec<u8>>);

/// Writes events in one way, in order within each partition.
pub(crate) struct Writer {
    way: Way,
    bootstrap: String,
    topic: String,
    written: u64,
    producer: FutureProducer,
    deliveries: Vec<DeliveryFuture>,
    /// Events of the next transaction.
    group: Vec<Outgoing>,
}

impl Writer {
    pub(crate) fn new(bootstrap: &str, topic: &str, way: Way) -> Result<Self> {
        let mut client = client(bootstrap);
        if way == Way::Zstd {
            client.set("compression.type", "zstd").set("linger.ms", "100");
        }
        Ok(Self {
            way,
            bootstrap: bootstrap.to_owned(),
            topic: topic.to_owned(),
            written: 0,
            producer: client.create()?,
            deliveries: Vec::new(),
            group: Vec::new(),
        })
    }

    pub(crate) fn way(&self) -> Way {
        self.way
    }

    /// Writes one event, or keeps it for the transaction that is filling.
    pub(crate) async fn write(&mut self, partition: i32, value: Option<Vec<u8>>) -> Result<()> {
        if self.way == Way::Transactions {
            self.group.push((partition, value));
            if self.group.len() >= GROUP {
                self.commit().await?;
            }
            return Ok(());
        }
        self.deliveries.push(send(&self.producer, &self.topic, partition, value.as_deref())?);
        Ok(())
    }

    /// Returns when the broker has acknowledged every event, with their number.
    pub(crate) async fn finish(mut self) -> Result<u64> {
        self.commit().await?;
        self.written += self.deliveries.len() as u64;
        acknowledged(self.deliveries).await?;
        Ok(self.written)
    }

    async fn commit(&mut self) -> Result<()> {
        let group = std::mem::take(&mut self.group);
        if !group.is_empty() {
            Transactions::new(&self.bootstrap, &self.topic, "orders").commit(&group).await?;
            self.written += group.len() as u64;
        }
        Ok(())
    }
}

/// The settings of every producer of the harness.
pub(crate) fn client(bootstrap: &str) -> ClientConfig {
    let mut client = ClientConfig::new();
    client.set("bootstrap.servers", bootstrap);
    client.set("enable.idempotence", "true");
    // Orders come as soon as the broker is back, because the services are measured, not this producer.
    client.set("reconnect.backoff.max.ms", "500");
    client.set_log_level(RDKafkaLogLevel::Critical);
    client
}

/// Hands an event to a producer.
pub(crate) fn send(
    producer: &FutureProducer,
    topic: &str,
    partition: i32,
    value: Option<&[u8]>,
) -> Result<DeliveryFuture> {
    let mut record: FutureRecord<'_, [u8], [u8]> = FutureRecord::to(topic).partition(partition);
    record.payload = value;
    producer.send_result(record).map_err(|(error, _)| error).context("cannot send an event")
}

/// Returns when the broker has these events.
pub(crate) async fn acknowledged(deliveries: Vec<DeliveryFuture>) -> Result<()> {
    for delivered in try_join_all(deliveries).await? {
        delivered.map_err(|(error, _)| error).context("the broker rejected an event")?;
    }
    Ok(())
}
