//! Settings of producers, and how they send.

use std::time::Duration;

use anyhow::{Context, Result};
use futures_util::future::try_join_all;
use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::producer::{DeliveryFuture, FutureProducer, FutureRecord};

/// Delivery timeout of an event: longer than any fault.
pub(crate) const IDLE_TIMEOUT: Duration = Duration::from_secs(300);

/// A value for a partition.
pub(crate) type Outgoing = (i32, Option<Vec<u8>>);

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
