//! Topics and groups of a pipeline: produced to, consumed completely, reset.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use futures_util::future::try_join_all;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, Headers, Message, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord, Producer};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

use crate::layer::Layer;
use crate::pipeline::Pipeline;
use crate::wait::until;

/// Timeout of one request to the broker.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(10);

/// Time limit for a restarted broker to lead its partitions.
const COMING_BACK: Duration = Duration::from_secs(30);

const PAUSE: Duration = Duration::from_millis(200);

/// Time during which a group may still count a dead member: more than the session timeout.
const FAREWELL: Duration = Duration::from_secs(20);

/// A record of a topic.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// The key; the order system sets none.
    pub key: Option<Vec<u8>>,
    /// The value; `None` is a tombstone.
    pub value: Option<Vec<u8>>,
    /// The headers, in their order.
    pub headers: Vec<(String, Vec<u8>)>,
    /// In milliseconds since 1970; when writing, `None` is now.
    pub timestamp: Option<i64>,
    /// When writing, `None` leaves the choice to the client.
    pub partition: Option<i32>,
    /// Position from which it was read; ignored when writing.
    pub offset: i64,
}

impl Record {
    /// A record without a key, as the order system writes it.
    pub fn of(value: impl Into<Vec<u8>>) -> Self {
        Self { value: Some(value.into()), ..Self::default() }
    }

    /// The value as JSON.
    ///
    /// # Errors
    /// It is none.
    pub fn json(&self) -> Result<serde_json::Value> {
        Ok(serde_json::from_slice(self.value.as_deref().context("a tombstone")?)?)
    }

    /// A header's value as text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        let (_, value) = self.headers.iter().find(|(key, _)| key == name)?;
        Some(String::from_utf8_lossy(value).into_owned())
    }
}

impl Pipeline {
    /// Writes records to a topic in sequence. Returns when the broker has acknowledged them all.
    ///
    /// # Errors
    /// If the broker rejects one.
    pub async fn produce(&self, topic: &str, records: impl IntoIterator<Item = Record>) -> Result<()> {
        let producer: FutureProducer =
            self.client().set("enable.idempotence", "true").set("message.max.bytes", "8388608").create()?;
        let mut deliveries = Vec::new();
        for record in records {
            let headers = record
                .headers
                .iter()
                .fold(OwnedHeaders::new(), |headers, (key, value)| headers.insert(Header { key, value: Some(value) }));
            let mut outgoing: FutureRecord<'_, [u8], [u8]> = FutureRecord::to(topic);
            (outgoing.partition, outgoing.timestamp) = (record.partition, record.timestamp);
            (outgoing.key, outgoing.payload) = (record.key.as_deref(), record.value.as_deref());
            outgoing.headers = (!record.headers.is_empty()).then_some(headers);
            deliveries.push(producer.send_result(outgoing).map_err(|(error, _)| error)?);
        }
        for delivered in try_join_all(deliveries).await? {
            delivered.map_err(|(error, _)| error)?;
        }
        Ok(())
    }

    /// Appends to every partition of a topic an aborted record and the marker of its transaction, which no reader sees.
    ///
    /// # Errors
    /// If the broker rejects it.
    pub async fn end_in_markers(&self, topic: &str) -> Result<()> {
        let mut config = self.client();
        let producer: FutureProducer = config.set("transactional.id", format!("{topic}-markers")).create()?;
        producer.init_transactions(RESPONSE_TIMEOUT)?;
        producer.begin_transaction()?;
        for partition in 0..self.partitions() {
            let record = FutureRecord::<str, str>::to(topic).partition(partition).payload("aborted");
            producer.send(record, RESPONSE_TIMEOUT).await.map_err(|(error, _)| error)?;
        }
        spawn_blocking(move || producer.abort_transaction(RESPONSE_TIMEOUT)).await??;
        Ok(())
    }

    /// All records of a topic, partition by partition.
    ///
    /// # Errors
    /// If the broker does not answer.
    pub async fn read(&self, topic: &str) -> Result<Vec<Record>> {
        self.read_from(topic, &[]).await
    }

    /// The records of a topic from these offsets on, one for each partition; 0 for partitions beyond them. Markers and
    /// records of aborted transactions are not among them, and an open transaction ends its partition.
    ///
    /// # Errors
    /// If the broker does not answer.
    pub async fn read_from(&self, topic: &str, begins: &[i64]) -> Result<Vec<Record>> {
        let mut all = TopicPartitionList::new();
        for partition in 0..self.ends(topic).await?.len() {
            let begin = begins.get(partition).copied().unwrap_or(0);
            all.add_partition_offset(topic, i32::try_from(partition)?, Offset::Offset(begin))?;
        }
        let mut client = self.client();
        client.set("group.id", "unused").set("auto.offset.reset", "earliest");
        // The end of a partition is reported after an empty response, which should come at once.
        client.set("enable.partition.eof", "true").set("fetch.wait.max.ms", "10");
        let consumer: BaseConsumer = client.create()?;
        let topic = topic.to_owned();
        let read = move || {
            consumer.assign(&all)?;
            let (mut records, mut ended) = (Vec::new(), BTreeSet::new());
            while ended.len() < all.count() {
                match consumer.poll(RESPONSE_TIMEOUT) {
                    Some(Ok(record)) => records.push(received(&record)),
                    Some(Err(KafkaError::PartitionEOF(partition))) => {
                        ended.insert(partition);
                    }
                    Some(Err(error)) => return Err(error.into()),
                    None => bail!("{topic}: {} of {} partitions were read to the end", ended.len(), all.count()),
                }
            }
            records.sort_by_key(|record| (record.partition, record.offset));
            anyhow::Ok(records)
        };
        spawn_blocking(read).await?
    }

    /// The end offset of each partition of a topic. Retries, because a restarted broker does not lead its partitions
    /// yet.
    ///
    /// # Errors
    /// If the broker does not answer.
    pub async fn ends(&self, topic: &str) -> Result<Vec<i64>> {
        let watermarks = patiently(async || self.watermarks(topic).await).await?;
        Ok(watermarks.into_iter().map(|(_, end)| end).collect())
    }

    /// The offset of the first record of each partition of a topic that is still there.
    ///
    /// # Errors
    /// As [`Pipeline::ends`].
    pub async fn begins(&self, topic: &str) -> Result<Vec<i64>> {
        let watermarks = patiently(async || self.watermarks(topic).await).await?;
        Ok(watermarks.into_iter().map(|(begin, _)| begin).collect())
    }

    async fn watermarks(&self, topic: &str) -> Result<Vec<(i64, i64)>> {
        let consumer: BaseConsumer = self.client().create()?;
        let topic = topic.to_owned();
        let ask = move || {
            let watermarks = |partition| Ok(consumer.fetch_watermarks(&topic, partition, RESPONSE_TIMEOUT)?);
            (0..count_partitions(&consumer, &topic)?).map(watermarks).collect()
        };
        spawn_blocking(ask).await?
    }

    /// The committed offsets of the group of a layer, by partition; 0 if there is none.
    ///
    /// # Errors
    /// As [`Pipeline::ends`].
    pub async fn committed(&self, layer: Layer) -> Result<Vec<i64>> {
        patiently(async || self.committed_now(layer).await).await
    }

    async fn committed_now(&self, layer: Layer) -> Result<Vec<i64>> {
        let (consumer, topic) = (self.outsider(layer)?, self.source(layer));
        let ask = move || {
            let mut asked = TopicPartitionList::new();
            for partition in 0..count_partitions(&consumer, &topic)? {
                asked.add_partition(&topic, partition);
            }
            let committed = consumer.committed_offsets(asked, RESPONSE_TIMEOUT)?;
            let offset = |offset: Offset| offset.to_raw().filter(|offset| *offset >= 0).unwrap_or(0);
            Ok(committed.elements().iter().map(|partition| offset(partition.offset())).collect())
        };
        spawn_blocking(ask).await?
    }

    /// Resets the group of a layer to offset 0 on every partition. Its members must have ended. Waits until the group
    /// has removed killed members.
    ///
    /// # Errors
    /// The group still has members.
    pub async fn rewind(&self, layer: Layer) -> Result<()> {
        self.commit(layer, &vec![0; usize::try_from(self.partitions())?]).await
    }

    /// Sets the committed offset of each partition, on the same terms as [`Pipeline::rewind`].
    ///
    /// # Errors
    /// The group still has members.
    pub async fn commit(&self, layer: Layer, offsets: &[i64]) -> Result<()> {
        let wanted = self.source_at(layer, |partition| Offset::Offset(offsets[partition]))?;
        let what = format!("the group of {} has no members", layer.binary());
        until(&what, FAREWELL, async || {
            let (consumer, wanted) = (self.outsider(layer)?, wanted.clone());
            let commit = move || consumer.commit(&wanted, CommitMode::Sync);
            match spawn_blocking(commit).await? {
                Ok(()) => Ok(true),
                Err(error) if is_occupied(&error) => Ok(false),
                Err(error) => Err(error.into()),
            }
        })
        .await?;
        ensure!(self.committed(layer).await? == offsets, "the offsets of {} were not kept", layer.binary());
        Ok(())
    }

    /// For each partition of the topic of a layer, the offset of the first record written at or after a time, in
    /// milliseconds since 1970: the offset to which an operator resets a group.
    ///
    /// # Errors
    /// If the broker does not answer.
    pub async fn offsets_at(&self, layer: Layer, timestamp: i64) -> Result<Vec<i64>> {
        let (consumer, asked) = (self.outsider(layer)?, self.source_at(layer, |_| Offset::Offset(timestamp))?);
        let found = spawn_blocking(move || consumer.offsets_for_times(asked, RESPONSE_TIMEOUT)).await??;
        let ends = self.ends(&self.source(layer)).await?;
        let found = found.elements();
        let offsets = found.iter().map(|partition| partition.offset().to_raw().filter(|offset| *offset >= 0));
        Ok(offsets.zip(ends).map(|(offset, end)| offset.unwrap_or(end)).collect())
    }

    /// A client that reads and commits the offsets of a layer's group without being a member.
    fn outsider(&self, layer: Layer) -> Result<BaseConsumer> {
        let mut client = self.client();
        Ok(client.set("group.id", self.group(layer)).set("enable.auto.commit", "false").create()?)
    }

    fn source_at(&self, layer: Layer, offset: impl Fn(usize) -> Offset) -> Result<TopicPartitionList> {
        let mut list = TopicPartitionList::new();
        for partition in 0..self.partitions() {
            list.add_partition_offset(&self.source(layer), partition, offset(usize::try_from(partition)?))?;
        }
        Ok(list)
    }

    fn client(&self) -> ClientConfig {
        let mut client = ClientConfig::new();
        client.set("bootstrap.servers", self.endpoints().bootstrap_servers());
        client
    }
}

/// Repeats a request to a broker that may be restarting, until it answers or the time limit is reached.
async fn patiently<T>(mut ask: impl AsyncFnMut() -> Result<T>) -> Result<T> {
    let began = Instant::now();
    loop {
        match ask().await {
            Err(_) if began.elapsed() < COMING_BACK => sleep(PAUSE).await,
            answer => return answer,
        }
    }
}

/// The current number of partitions of a topic, which may have grown.
fn count_partitions(consumer: &BaseConsumer, topic: &str) -> Result<i32> {
    let metadata = consumer.fetch_metadata(Some(topic), RESPONSE_TIMEOUT)?;
    let partitions: usize = metadata.topics().iter().map(|topic| topic.partitions().len()).sum();
    ensure!(partitions > 0, "topic {topic} does not exist");
    Ok(i32::try_from(partitions)?)
}

fn received(record: &impl Message) -> Record {
    let headers = record.headers().map(|headers| {
        let header = |header: Header<'_, &[u8]>| (header.key.to_owned(), header.value.unwrap_or_default().to_vec());
        headers.iter().map(header).collect()
    });
    Record {
        key: record.key().map(<[u8]>::to_vec),
        value: record.payload().map(<[u8]>::to_vec),
        headers: headers.unwrap_or_default(),
        timestamp: record.timestamp().to_millis(),
        partition: Some(record.partition()),
        offset: record.offset(),
    }
}

/// The errors of a broker for a client that is not a member while others are, or while it looks up the group.
fn is_occupied(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            RDKafkaErrorCode::UnknownMemberId
                | RDKafkaErrorCode::RebalanceInProgress
                | RDKafkaErrorCode::IllegalGeneration
                | RDKafkaErrorCode::NotCoordinator
                | RDKafkaErrorCode::CoordinatorNotAvailable
                | RDKafkaErrorCode::CoordinatorLoadInProgress
        )
    )
}
