//! Progress of each stage, read from the broker: committed offsets and the ends of its topic.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::{Context, Result};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::metadata::{MetadataPartition, MetadataTopic};
use rdkafka::{Message, Offset, TopicPartitionList};

use crate::broker::Broker;

/// Timeout of one request to the broker.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Number of retries and their interval while the broker is looking for the group's coordinator.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(100);

/// A step of the pipeline: a group that reads a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchedStage {
    /// Its name in the display.
    pub name: String,
    /// Its topic.
    pub topic: String,
    /// The group whose committed offsets are its progress.
    pub group: String,
}

impl WatchedStage {
    /// The three services under the names they have by default, reading from this topic on.
    #[must_use]
    pub fn pipeline(orders: &str) -> Vec<Self> {
        [
            ("stg", orders, "stg-service"),
            ("dds", "stg-service-orders", "dds-service"),
            ("cdm", "dds-service-orders", "cdm-service"),
        ]
        .map(|(name, topic, group)| Self { name: name.into(), topic: topic.into(), group: group.into() })
        .into()
    }
}

/// Progress of a stage, in records over all partitions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StageProgress {
    /// Records behind the committed offsets.
    pub processed: u64,
    /// Records in the topic.
    pub total: u64,
}

impl StageProgress {
    /// Records still to be read.
    #[must_use]
    pub fn lag(&self) -> u64 {
        self.total.saturating_sub(self.processed)
    }
}

/// Reads the progress of stages without joining their groups.
pub struct Observer {
    probes: Arc<Vec<Probe>>,
}

struct Probe {
    stage: WatchedStage,
    consumer: BaseConsumer,
    /// The partitions of the topic at the first poll. Requesting them each time would double the requests.
    partitions: OnceLock<Vec<i32>>,
}

impl Observer {
    /// Prepares a client for every stage, upstream first.
    ///
    /// # Errors
    /// A setting of the broker is unknown to librdkafka.
    pub fn new(broker: &Broker, stages: Vec<WatchedStage>) -> Result<Self> {
        let probe = |stage: WatchedStage| -> Result<Probe> {
            let consumer = broker
                .client()
                .set("group.id", &stage.group)
                .set("enable.auto.commit", "false")
                .create()
                .context("cannot create the consumer")?;
            Ok(Probe { stage, consumer, partitions: OnceLock::new() })
        };
        let probes = stages.into_iter().map(probe).collect::<Result<_>>()?;
        Ok(Self { probes: Arc::new(probes) })
    }

    /// The stages, in the order of the readings.
    pub fn stages(&self) -> impl Iterator<Item = &WatchedStage> {
        self.probes.iter().map(|probe| &probe.stage)
    }

    /// Reads all stages in sequence. If all are at their ends, nothing was in progress between them, because a stage
    /// commits its input only after the next topic has its output.
    ///
    /// # Errors
    /// If the broker does not answer in time or does not have the topic.
    pub async fn read(&self) -> Result<Vec<StageProgress>> {
        let mut tries = TRIES;
        loop {
            let probes = Arc::clone(&self.probes);
            let all = move || probes.iter().map(Probe::read).collect::<Result<_>>();
            match tokio::task::spawn_blocking(all).await? {
                Err(error) if tries > 0 && is_settling(&error) => tries -= 1,
                outcome => return outcome,
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Whether the error is that of a broker that does not know the group yet.
fn is_settling(error: &anyhow::Error) -> bool {
    let code = error.downcast_ref::<KafkaError>().and_then(KafkaError::rdkafka_error_code);
    matches!(
        code,
        Some(
            RDKafkaErrorCode::NotCoordinator
                | RDKafkaErrorCode::CoordinatorNotAvailable
                | RDKafkaErrorCode::CoordinatorLoadInProgress
        )
    )
}

/// Total number of records in these topics.
///
/// # Errors
/// If the broker does not answer in time or does not have the topic.
pub async fn records(broker: &Broker, topics: &'static [&'static str]) -> Result<u64> {
    let consumer: BaseConsumer = broker.client().create().context("cannot create the consumer")?;
    let count = move || {
        let mut records = 0;
        for topic in topics {
            for partition in partitions(&consumer, topic)? {
                let (low, high) = consumer.fetch_watermarks(topic, partition, TIMEOUT)?;
                records += u64::try_from(high - low).unwrap_or(0);
            }
        }
        Ok(records)
    };
    tokio::task::spawn_blocking(count).await?
}

/// All records of a topic, in the order of each partition: key and value.
///
/// # Errors
/// If the broker does not answer in time or does not have the topic.
pub async fn messages(broker: &Broker, topic: &'static str) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
    let mut client = broker.client();
    let consumer: BaseConsumer = client.set("group.id", "unused").create().context("cannot create the consumer")?;
    let read = move || {
        let (mut all, mut count) = (TopicPartitionList::new(), 0);
        for partition in partitions(&consumer, topic)? {
            let (low, high) = consumer.fetch_watermarks(topic, partition, TIMEOUT)?;
            count += usize::try_from(high - low)?;
            all.add_partition_offset(topic, partition, Offset::Offset(low))?;
        }
        consumer.assign(&all)?;
        let mut messages = Vec::with_capacity(count);
        while messages.len() < count {
            let message =
                consumer.poll(TIMEOUT).with_context(|| format!("{topic}: {} of {count}", messages.len()))??;
            let bytes = |bytes: Option<&[u8]>| bytes.unwrap_or_default().to_vec();
            messages.push((bytes(message.key()), bytes(message.payload())));
        }
        Ok(messages)
    };
    tokio::task::spawn_blocking(read).await?
}

impl Probe {
    /// The committed offsets first: an end read after them that equals them has been reached.
    fn read(&self) -> Result<StageProgress> {
        let Self { stage: WatchedStage { topic, group, .. }, consumer, .. } = self;
        let mut asked = TopicPartitionList::new();
        for partition in self.partitions()? {
            asked.add_partition(topic, *partition);
        }
        let committed = consumer
            .committed_offsets(asked, TIMEOUT)
            .with_context(|| format!("cannot read the offsets of {group}"))?;
        let mut reading = StageProgress::default();
        for partition in committed.elements() {
            let (low, high) = consumer.fetch_watermarks(topic, partition.partition(), TIMEOUT)?;
            let position = match partition.offset() {
                Offset::Offset(offset) => offset.clamp(low, high),
                _ => low,
            };
            reading.processed += u64::try_from(position - low).unwrap_or(0);
            reading.total += u64::try_from(high - low).unwrap_or(0);
        }
        Ok(reading)
    }

    fn partitions(&self) -> Result<&[i32]> {
        if let Some(known) = self.partitions.get() {
            return Ok(known);
        }
        let found = partitions(&self.consumer, &self.stage.topic)?;
        Ok(self.partitions.get_or_init(|| found))
    }
}

fn partitions(consumer: &BaseConsumer, topic: &str) -> Result<Vec<i32>> {
    let known = consumer.fetch_metadata(Some(topic), TIMEOUT).with_context(|| format!("topic {topic}"))?;
    let partitions = known.topics().iter().flat_map(MetadataTopic::partitions);
    let partitions: Vec<i32> = partitions.map(MetadataPartition::id).collect();
    anyhow::ensure!(!partitions.is_empty(), "topic {topic} has no partitions");
    Ok(partitions)
}
