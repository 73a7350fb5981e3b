//! Producer that sends orders one by one at a constant rate, like the order system.

use anyhow::{Context, Result};
use rdkafka::ClientConfig;
use rdkafka::producer::{FutureProducer, FutureRecord};
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::{Duration, Instant, MissedTickBehavior, interval};

use super::Order;
use super::seen::Sent;

/// A producer that sends each message at once, without batching.
pub(crate) struct Sender {
    producer: FutureProducer,
    topic: String,
    every: Duration,
}

impl Sender {
    pub(crate) fn new(bootstrap: &str, topic: String, rate: f64) -> Result<Self> {
        let producer = ClientConfig::new()
            .set("bootstrap.servers", bootstrap)
            .set("enable.idempotence", "true")
            .set("linger.ms", "0")
            .create()
            .context("cannot create the producer")?;
        Ok(Self { producer, topic, every: Duration::from_secs_f64(1.0 / rate) })
    }

    /// Sends a number of orders. Reports the user and the time of each before it is sent.
    pub(super) async fn send(
        &mut self,
        orders: &mut impl Iterator<Item = Order>,
        count: u64,
        sent: UnboundedSender<Sent>,
    ) -> Result<()> {
        let mut ticks = interval(self.every);
        // A pause of this process must not cause a burst.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut deliveries = Vec::new();
        for _ in 0..count {
            let Order { user, event } = orders.next().context("there are no more users")?;
            let record: FutureRecord<'_, [u8], [u8]> =
                FutureRecord { payload: event.value.as_deref(), ..FutureRecord::to(&self.topic) };
            ticks.tick().await;
            sent.send(Sent { user, at: Instant::now() }).ok().context("the poller has ended")?;
            let delivery = self.producer.send_result(record).map_err(|(error, _)| error)?;
            deliveries.push(delivery);
        }
        for delivery in deliveries {
            delivery.await?.map_err(|(error, _)| error)?;
        }
        Ok(())
    }
}
