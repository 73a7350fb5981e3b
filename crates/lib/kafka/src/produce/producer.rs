//! The client behind the publisher: how it is configured, and one attempt to send with it.

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

/// The largest record we send, in bytes, whatever a topic would take: a pod has 128 MiB, and a record is in memory several
/// times over on its way.
pub(crate) const LARGEST_RECORD: usize = 8 << 20;

/// The largest batch we send, in bytes: what a batch of the loop has to say usually fits, so it is one request, and one
/// answer to whoever reads it.
const LARGEST_BATCH: usize = 256 << 10;

/// Polled by whoever waits for an acknowledgement; an idle producer costs next to nothing.
pub(crate) type Producer = Arc<BaseProducer<Answers>>;

/// The context of a producer. Counts the messages that brokers have answered, with or without an error.
#[derive(Debug, Default)]
pub(crate) struct Answers(AtomicU64);

/// A message on its way, whatever its topic.
#[derive(Debug, Clone)]
pub(crate) struct Outgoing<'a> {
    pub(crate) topic: &'a str,
    /// The key decides, if there is none.
    pub(crate) partition: Option<i32>,
    pub(crate) key: Option<&'a [u8]>,
    pub(crate) payload: Option<&'a [u8]>,
    pub(crate) timestamp: Option<i64>,
    pub(crate) headers: Option<OwnedHeaders>,
}

/// What became of the messages of one attempt.
#[derive(Debug, Default)]
pub(crate) struct DeliveryTracker(Mutex<DeliveryCounts>);

#[derive(Debug, Default)]
struct DeliveryCounts {
    unanswered: usize,
    failure: Option<KafkaError>,
}

/// How often a producer is polled while answers are due; and how often once that has been in vain so many times.
const POLL_EVERY: Duration = Duration::from_millis(1);
const POLL_SELDOM: Duration = Duration::from_millis(10);
const SOON: u32 = 100;

/// How often, and for how long, a producer is heard that nobody waits for.
const LISTEN_EVERY: Duration = Duration::from_secs(5);
const LISTEN_FOR: Duration = Duration::from_millis(1);

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
        // A single large record still goes, alone, as far as its topic allows.
        .set("batch.size", settings.batch_bytes.min(LARGEST_BATCH).to_string())
        .set("message.max.bytes", LARGEST_RECORD.to_string())
        .set("queue.buffering.max.kbytes", "16384")
        .set("queue.buffering.max.messages", "20000")
        // As Java's clients do: a key goes to the same partition whoever sends it.
        .set("partitioner", "murmur2_random");
    let producer = Arc::new(config.create_with_context(Answers::default())?);
    tokio::spawn(listen(Arc::downgrade(&producer)));
    Ok(producer)
}

/// Hears what a producer has to say while nobody waits for it, the log lines of an outage: they would pile up.
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

/// One attempt to send messages: all in order, then all acknowledgements.
pub(crate) struct Attempt<'p> {
    producer: &'p Producer,
    tracker: Arc<DeliveryTracker>,
}

impl<'p> Attempt<'p> {
    pub(crate) fn with(producer: &'p Producer) -> Self {
        Self { producer, tracker: Arc::default() }
    }

    /// Hands a message to the client, once it has room for it; does nothing after a failure.
    pub(crate) async fn send(&mut self, message: Outgoing<'_>) {
        let mut unsent = Some(message.record(Arc::clone(&self.tracker)));
        let mut waited = 0;
        while !self.tracker.has_failed()
            && let Some(record) = unsent.take()
        {
            // Before it is handed over: it may be answered at once.
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

    /// Waits for every acknowledgement. After a failure, too: a message that is still on its way would arrive after
    /// the repetition of those that followed it.
    pub(crate) async fn finish(self) -> Result<(), KafkaError> {
        let mut waited = 0;
        while self.tracker.unanswered() > 0 {
            self.poll(&mut waited).await;
        }
        self.tracker.take_failure().map_or(Ok(()), Err)
    }

    /// Takes in what has been answered, to whomever; if that is nothing of ours, some time passes.
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
    /// How many messages have been answered so far.
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

/// Enters every acknowledgement where its message belongs; runs inside the poll.
impl ProducerContext for Answers {
    type DeliveryOpaque = Arc<DeliveryTracker>;

    fn delivery(&self, outcome: &DeliveryResult<'_>, tracker: Arc<DeliveryTracker>) {
        if outcome.as_ref().err().and_then(|(error, _)| error.rdkafka_error_code()).is_none_or(is_answer) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
        tracker.answered(outcome.as_ref().map(|_| ()).map_err(|(error, _)| error.clone()));
    }
}

/// Whether a broker returned this error, and not the client after a timeout.
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
