//! The rdkafka producer: its configuration, one attempt to send messages, and acknowledgements.

use std::{
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use rdkafka::{
    ClientContext,
    config::RDKafkaLogLevel,
    error::KafkaError,
    message::{DeliveryResult, OwnedHeaders},
    producer::{BaseProducer, BaseRecord, ProducerContext},
    types::RDKafkaErrorCode as Code,
};
use tokio::time::sleep;

use crate::{Error, Settings, client::diagnostics};

/// Maximum size of a record, in bytes, regardless of the limit of a topic. A pod has 128 MiB, and a record is in memory several
/// times while it is sent.
pub(crate) const LARGEST_RECORD: usize = 8 << 20;

/// Maximum size of a producer batch, in bytes. The messages of a batch of the loop usually fit, so they are one request
/// to the broker and one answer to a consumer.
const LARGEST_BATCH: usize = 256 << 10;

/// A producer. It is polled while an attempt waits for acknowledgements, so an idle producer costs next to nothing.
pub(crate) type Producer = Arc<BaseProducer<Answers>>;

/// The context of a producer. Counts the messages that brokers have answered, with or without an error.
#[derive(Debug, Default)]
pub(crate) struct Answers(AtomicU64);

/// A record to send, with its topic.
#[derive(Debug, Clone)]
pub(crate) struct Outgoing<'a> {
    pub(crate) topic: &'a str,
    /// `None`: the key selects the partition.
    pub(crate) partition: Option<i32>,
    pub(crate) key: Option<&'a [u8]>,
    pub(crate) payload: Option<&'a [u8]>,
    pub(crate) timestamp: Option<i64>,
    pub(crate) headers: Option<OwnedHeaders>,
}

/// The acknowledgements of one attempt.
#[derive(Debug, Default)]
pub(crate) struct DeliveryTracker(Mutex<DeliveryCounts>);

#[derive(Debug, Default)]
struct DeliveryCounts {
    unanswered: usize,
    failure: Option<KafkaError>,
}

/// The intervals at which a producer is polled while acknowledgements are outstanding: the second after `SOON` polls in
/// vain.
const POLL_EVERY: Duration = Duration::from_millis(1);
const POLL_SELDOM: Duration = Duration::from_millis(10);
const SOON: u32 = 100;

/// The interval at which an idle producer is polled, and the duration of a poll.
const LISTEN_EVERY: Duration = Duration::from_secs(5);
const LISTEN_FOR: Duration = Duration::from_millis(1);

/// Creates an idempotent producer: a message that the client repeats arrives once, and in order.
pub(crate) fn open(settings: &Settings) -> Result<Producer, Error> {
    let mut config = settings.client();
    config
        .set("enable.idempotence", "true")
        .set("acks", "all")
        .set("message.timeout.ms", settings.publish_timeout.as_millis().to_string())
        .set("compression.type", settings.compression.as_deref().unwrap_or("none"))
        // A batch of the loop is complete when it is sent, so there is little reason to wait for more messages.
        .set("linger.ms", "2")
        // A single larger record is still sent, alone, if its topic accepts it.
        .set("batch.size", settings.batch_bytes.min(LARGEST_BATCH).to_string())
        .set("message.max.bytes", LARGEST_RECORD.to_string())
        .set("queue.buffering.max.kbytes", "16384")
        .set("queue.buffering.max.messages", "20000")
        // The partitioner of the Java clients: a key selects the same partition for every producer.
        .set("partitioner", "murmur2_random");
    let producer = Arc::new(config.create_with_context(Answers::default())?);
    tokio::spawn(listen(Arc::downgrade(&producer)));
    Ok(producer)
}

/// Polls a producer while no attempt does. Otherwise its log lines would accumulate during an outage.
async fn listen(producer: Weak<BaseProducer<Answers>>) {
    loop {
        sleep(LISTEN_EVERY).await;
        let Some(producer) = producer.upgrade() else { return };
        producer.poll(LISTEN_FOR);
    }
}

/// Sends one message and waits for its acknowledgement.
pub(crate) async fn send(producer: &Producer, message: Outgoing<'_>) -> Result<(), KafkaError> {
    let mut attempt = Attempt::with(producer);
    attempt.send(message).await;
    attempt.finish().await
}

/// One attempt to send messages: all messages in order, then all acknowledgements.
pub(crate) struct Attempt<'p> {
    producer: &'p Producer,
    tracker: Arc<DeliveryTracker>,
}

impl<'p> Attempt<'p> {
    pub(crate) fn with(producer: &'p Producer) -> Self {
        Self { producer, tracker: Arc::default() }
    }

    /// Passes a message to the client, once its queue has room. Does nothing after a failure.
    pub(crate) async fn send(&mut self, message: Outgoing<'_>) {
        let mut unsent = Some(message.record(Arc::clone(&self.tracker)));
        let mut waited = 0;
        while !self.tracker.has_failed()
            && let Some(record) = unsent.take()
        {
            // Counted before the message is passed to the client, because it may be acknowledged at once.
            self.tracker.expects_one();
            match self.producer.send(record) {
                Ok(()) => {}
                Err((KafkaError::MessageProduction(Code::QueueFull), record)) => {
                    self.tracker.answered(Ok(()));
                    unsent = Some(record);
                    self.poll(&mut waited).await;
                }
                Err((failure, _)) => self.tracker.answered(Err(failure)),
            }
        }
    }

    /// Waits for every acknowledgement, also after a failure: a message that is still in flight would otherwise arrive
    /// after the repetition of those that followed it.
    pub(crate) async fn finish(self) -> Result<(), KafkaError> {
        let mut waited = 0;
        while self.tracker.unanswered() > 0 {
            self.poll(&mut waited).await;
        }
        self.tracker.take_failure().map_or(Ok(()), Err)
    }

    /// Polls the client once. Waits for a while if none of this attempt's messages was acknowledged.
    async fn poll(&self, waited: &mut u32) {
        let before = self.tracker.unanswered();
        self.producer.poll(Duration::ZERO);
        if self.tracker.unanswered() == before {
            sleep(if *waited < SOON { POLL_EVERY } else { POLL_SELDOM }).await;
            *waited += 1;
        }
    }
}

impl<'a> Outgoing<'a> {
    fn record(self, tracker: Arc<DeliveryTracker>) -> BaseRecord<'a, [u8], [u8], Arc<DeliveryTracker>> {
        BaseRecord {
            topic: self.topic,
            partition: self.partition,
            payload: self.payload,
            key: self.key,
            timestamp: self.timestamp,
            headers: self.headers,
            delivery_opaque: tracker,
        }
    }
}

impl DeliveryTracker {
    fn expects_one(&self) {
        self.with(|counted| counted.unanswered += 1);
    }

    fn answered(&self, outcome: Result<(), KafkaError>) {
        self.with(|counted| {
            counted.unanswered -= 1;
            if let Err(error) = outcome {
                counted.failure.get_or_insert(error);
            }
        });
    }

    fn unanswered(&self) -> usize {
        self.with(|counted| counted.unanswered)
    }

    fn has_failed(&self) -> bool {
        self.with(|counted| counted.failure.is_some())
    }

    fn take_failure(&self) -> Option<KafkaError> {
        self.with(|counted| counted.failure.take())
    }

    fn with<T>(&self, change: impl FnOnce(&mut DeliveryCounts) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Answers {
    /// The number of messages that brokers have answered so far.
    pub(crate) fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl ClientContext for Answers {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        diagnostics::log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        diagnostics::note(&error, reason);
    }
}

/// Passes every acknowledgement to the attempt of its message. Runs inside the poll.
impl ProducerContext for Answers {
    type DeliveryOpaque = Arc<DeliveryTracker>;

    fn delivery(&self, outcome: &DeliveryResult<'_>, tracker: Arc<DeliveryTracker>) {
        if outcome.as_ref().err().and_then(|(error, _)| error.rdkafka_error_code()).is_none_or(is_answer) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
        tracker.answered(outcome.as_ref().map(|_| ()).map_err(|(error, _)| error.clone()));
    }
}

/// Whether the error was returned by a broker, and not by the client after a timeout.
fn is_answer(code: Code) -> bool {
    !matches!(
        code,
        Code::MessageTimedOut
            | Code::OperationTimedOut
            | Code::TimedOutQueue
            | Code::BrokerTransportFailure
            | Code::AllBrokersDown
            | Code::Resolve
            | Code::PurgeQueue
            | Code::PurgeInflight
    )
}
