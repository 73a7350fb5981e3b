//! The producers of the order system: plain, compressing, transactional.

use anyhow::Result;
use rdkafka::producer::{DeliveryFuture, FutureProducer};

use crate::system::order_system::Way;
use crate::system::producer::{Outgoing, acknowledged, client, send};
use crate::system::transactions::Transactions;

/// Events of one transaction.
const GROUP: usize = 20;

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
