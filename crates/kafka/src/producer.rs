//! The client behind the publisher: how it is configured, and one attempt to send with it.

use std::{collections::VecDeque, time::Duration};

use rdkafka::{
    error::KafkaError,
    producer::{DeliveryFuture, FutureProducer, FutureRecord},
    types::RDKafkaErrorCode as Code,
};
use tokio::time::sleep;

use crate::{Error, Settings, diagnostics::Diagnostics};

/// The largest record we send, in bytes, whatever a topic would take: a pod has 128 MiB, and a record is in memory several
/// times over on its way.
pub(crate) const LARGEST_RECORD: usize = 8 << 20;

pub(crate) type Producer = FutureProducer<Diagnostics>;

/// A message on its way, whatever its topic.
pub(crate) type Outgoing<'a> = FutureRecord<'a, [u8], [u8]>;

/// An idempotent producer: what the client repeats by itself arrives once, and in order.
pub(crate) fn open(settings: &Settings) -> Result<Producer, Error> {
    let mut config = settings.client();
    config
        .set("enable.idempotence", "true")
        .set("acks", "all")
        .set("message.timeout.ms", settings.publish_timeout.as_millis().to_string())
        .set("compression.type", settings.compression.as_deref().unwrap_or("none"))
        // A batch of the loop is complete when we send it, so there is little to wait for.
        .set("linger.ms", "2")
        // A broker judges a record by the size of the batch it comes in; far below any topic's limit, a batch is never
        // refused for its company. A single large record still goes, alone, as far as its topic allows.
        .set("batch.size", "65536")
        .set("message.max.bytes", LARGEST_RECORD.to_string())
        .set("queue.buffering.max.kbytes", "16384")
        .set("queue.buffering.max.messages", "20000")
        // As Java's clients do: a key goes to the same partition whoever sends it.
        .set("partitioner", "murmur2_random");
    Ok(config.create_with_context(Diagnostics)?)
}

/// Sends one message and waits for its acknowledgement.
pub(crate) async fn send(producer: &Producer, message: Outgoing<'_>) -> Result<(), KafkaError> {
    let mut attempt = Attempt::with(producer);
    attempt.send(message).await;
    attempt.finish().await
}

/// One attempt to send messages: all in order, then all acknowledgements.
pub(crate) struct Attempt<'p> {
    producer: &'p Producer,
    unanswered: VecDeque<DeliveryFuture>,
    failure: Option<KafkaError>,
}

impl<'p> Attempt<'p> {
    pub(crate) fn with(producer: &'p Producer) -> Self {
        Self { producer, unanswered: VecDeque::new(), failure: None }
    }

    /// Hands a message to the client, once it has room for it; does nothing after a failure.
    pub(crate) async fn send(&mut self, message: Outgoing<'_>) {
        let mut unsent = Some(message);
        while self.failure.is_none()
            && let Some(message) = unsent.take()
        {
            match self.producer.send_result(message) {
                Ok(delivery) => self.unanswered.push_back(delivery),
                Err((KafkaError::MessageProduction(Code::QueueFull), message)) => {
                    unsent = Some(message);
                    self.make_room().await;
                }
                Err((failure, _)) => self.failure = Some(failure),
            }
        }
    }

    /// Waits for every acknowledgement. After a failure, too: a message that is still on its way would arrive after
    /// the repetition of those that followed it.
    pub(crate) async fn finish(mut self) -> Result<(), KafkaError> {
        while let Some(delivery) = self.unanswered.pop_front() {
            self.await_one(delivery).await;
        }
        self.failure.map_or(Ok(()), Err)
    }

    async fn make_room(&mut self) {
        match self.unanswered.pop_front() {
            Some(delivery) => self.await_one(delivery).await,
            None => sleep(Duration::from_millis(10)).await, // filled by others, or by an attempt that was dropped
        }
    }

    async fn await_one(&mut self, delivery: DeliveryFuture) {
        let failure = match delivery.await {
            Ok(Ok(_)) => return,
            Ok(Err((error, _))) => error,
            Err(_) => KafkaError::Canceled,
        };
        self.failure.get_or_insert(failure);
    }
}
