//! Fixture: topics and a consumer group for each test, and records in them.

use std::{sync::Arc, time::Duration};

use ::consumer::{LoopHealth, Record, Source as _};
use anyhow::Context;
use devstack::{Endpoints, Topic};
use kafka::{Settings, Source};
use rdkafka::{
    ClientConfig, Offset, TopicPartitionList,
    admin::{AdminClient, AdminOptions},
    consumer::{BaseConsumer, CommitMode, Consumer},
    error::KafkaResult,
    mocking::MockCluster,
    producer::{DefaultProducerContext, FutureProducer, FutureRecord, Producer},
    topic_partition_list::TopicPartitionListElem,
    types::RDKafkaErrorCode,
};

/// Timeout of steps that should happen soon.
pub(crate) const SOON: Duration = Duration::from_secs(30);

/// The interval at which conditions are checked.
pub(crate) const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// librdkafka's mock cluster.
pub(crate) type Mock = MockCluster<'static, DefaultProducerContext>;

/// A source topic, a destination topic, a dead-letter topic, and the settings of a service that uses them.
pub(crate) struct Fixture {
    pub(crate) settings: Settings,
}

impl Fixture {
    /// On the shared broker.
    pub(crate) async fn with(partitions: i32) -> anyhow::Result<Self> {
        Self::on(devstack::shared().await?, partitions).await
    }

    /// On a broker of its own.
    pub(crate) async fn on(stack: &Endpoints, partitions: i32) -> anyhow::Result<Self> {
        let source_topic = stack.fresh_name("source").await?;
        let destination_topic = stack.fresh_name("destination").await?;
        let dead_letter_topic = stack.fresh_name("dead-letters").await?;
        stack
            .create_topics(&[
                Topic::data(&source_topic, partitions),
                Topic::data(&destination_topic, partitions),
                Topic::dead_letters(&dead_letter_topic, 1),
            ])
            .await?;
        Ok(Self {
            settings: Settings {
                service: "it-service".to_owned(),
                bootstrap_servers: stack.bootstrap_servers(),
                group_id: stack.fresh_name("group").await?,
                source_topic,
                destination_topic: Some(destination_topic),
                dead_letter_topic,
                ..Settings::default()
            },
        })
    }

    /// On librdkafka's mock cluster, which answers with the errors that a test asks for. It has one broker.
    pub(crate) fn mocked(partitions: i32) -> anyhow::Result<(Mock, Self)> {
        let cluster = MockCluster::new(1)?;
        let settings = Settings {
            service: "it-service".to_owned(),
            bootstrap_servers: cluster.bootstrap_servers(),
            group_id: "group".to_owned(),
            source_topic: "source".to_owned(),
            destination_topic: Some("destination".to_owned()),
            dead_letter_topic: "dead-letters".to_owned(),
            ..Settings::default()
        };
        for topic in ["source", "destination", "dead-letters"] {
            cluster.create_topic(topic, partitions, 1)?;
        }
        Ok((cluster, Self { settings }))
    }

    /// A member of the group.
    pub(crate) fn source(&self) -> anyhow::Result<Source> {
        Ok(Source::connect(&self.settings, Arc::new(LoopHealth::default()))?)
    }

    /// The only member of another group, which reads `topic`.
    pub(crate) fn reader_of(&self, topic: &str) -> anyhow::Result<Source> {
        let settings = &self.settings;
        let group_id = format!("{}-reader", settings.group_id);
        let settings = Settings { group_id, source_topic: topic.to_owned(), ..settings.clone() };
        Ok(Source::connect(&settings, Arc::new(LoopHealth::default()))?)
    }

    /// Produces this many records to a partition of the source topic.
    pub(crate) async fn produce(&self, partition: i32, records: usize) -> anyhow::Result<()> {
        self.produce_with(&self.config().create()?, partition, records).await
    }

    /// Produces records of this size to a partition of the source topic.
    pub(crate) async fn produce_large(&self, partition: i32, records: usize, bytes: usize) -> anyhow::Result<()> {
        self.produce_values(&self.config().create()?, partition, vec!["x".repeat(bytes); records]).await
    }

    /// Produces this many records to a partition in a transaction, whose marker takes an offset.
    pub(crate) async fn produce_in_transaction(&self, partition: i32, records: usize) -> anyhow::Result<()> {
        let producer: FutureProducer = self.config().set("transactional.id", &self.settings.group_id).create()?;
        producer.init_transactions(SOON)?;
        producer.begin_transaction()?;
        self.produce_with(&producer, partition, records).await?;
        producer.commit_transaction(SOON)?;
        Ok(())
    }

    /// Produces records to a partition in a transaction that is left open.
    pub(crate) async fn open_transaction(&self, partition: i32, records: usize) -> anyhow::Result<FutureProducer> {
        let mut config = self.config();
        config.set("transactional.id", &self.settings.group_id).set("transaction.timeout.ms", "900000");
        let producer: FutureProducer = config.create()?;
        producer.init_transactions(SOON)?;
        producer.begin_transaction()?;
        self.produce_with(&producer, partition, records).await?;
        Ok(producer)
    }

    /// Produces this many records to a partition, compressed with this codec.
    pub(crate) async fn produce_compressed(&self, partition: i32, records: usize, codec: &str) -> anyhow::Result<()> {
        let producer = self.config().set("compression.type", codec).set("linger.ms", "50").create()?;
        self.produce_values(&producer, partition, vec!["a value that compresses, ".repeat(50); records]).await
    }

    /// Deletes the records of a partition before this offset.
    pub(crate) async fn delete_before(&self, partition: i32, offset: i64) -> anyhow::Result<()> {
        let admin: AdminClient<_> = self.config().create()?;
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(&self.settings.source_topic, partition, Offset::Offset(offset))?;
        let deleted = admin.delete_records(&list, &AdminOptions::new()).await?;
        Ok(deleted.elements().iter().try_for_each(TopicPartitionListElem::error)?)
    }

    async fn produce_with(&self, producer: &FutureProducer, partition: i32, records: usize) -> anyhow::Result<()> {
        let values = (0..records).map(|number| number.to_string());
        self.produce_values(producer, partition, values).await
    }

    pub(crate) async fn produce_values(
        &self,
        producer: &FutureProducer,
        partition: i32,
        values: impl IntoIterator<Item = String>,
    ) -> anyhow::Result<()> {
        let mut deliveries = Vec::new();
        for value in values {
            let record = FutureRecord::<str, str>::to(&self.settings.source_topic).partition(partition).payload(&value);
            deliveries.push(producer.send_result(record).map_err(|(error, _)| error)?);
        }
        for delivery in deliveries {
            delivery.await?.map_err(|(error, _)| error)?;
        }
        Ok(())
    }

    /// The committed offset of the group in a partition.
    pub(crate) async fn committed(&self, partition: i32) -> anyhow::Result<Option<i64>> {
        Ok(self.committed_with_metadata(partition).await?.0)
    }

    /// The committed offset of a partition and its metadata.
    pub(crate) async fn committed_with_metadata(&self, partition: i32) -> anyhow::Result<(Option<i64>, String)> {
        let committed = soon(async {
            loop {
                match self.ask_for_committed(partition).await? {
                    // A coordinator that was just elected rejects requests.
                    Err(error) if error.rdkafka_error_code() == Some(RDKafkaErrorCode::NotCoordinator) => {
                        tokio::time::sleep(POLL_INTERVAL).await;
                    }
                    answer => break anyhow::Ok(answer?),
                }
            }
        });
        let committed = committed.await??;
        let found = &committed.elements()[0];
        Ok((found.offset().to_raw().filter(|&offset| offset >= 0), found.metadata().to_owned()))
    }

    async fn ask_for_committed(&self, partition: i32) -> anyhow::Result<KafkaResult<TopicPartitionList>> {
        let asker: BaseConsumer = self.config().set("group.id", &self.settings.group_id).create()?;
        let mut list = TopicPartitionList::new();
        list.add_partition(&self.settings.source_topic, partition);
        Ok(tokio::task::spawn_blocking(move || asker.committed_offsets(list, SOON)).await?)
    }

    /// Commits an offset without being a member of the group.
    pub(crate) async fn commit_with_metadata(&self, partition: i32, offset: i64, metadata: &str) -> anyhow::Result<()> {
        let client: BaseConsumer = self.config().set("group.id", &self.settings.group_id).create()?;
        let mut list = TopicPartitionList::new();
        let mut listed = list.add_partition(&self.settings.source_topic, partition);
        listed.set_metadata(metadata);
        listed.set_offset(Offset::Offset(offset))?;
        tokio::task::spawn_blocking(move || client.commit(&list, CommitMode::Sync)).await??;
        Ok(())
    }

    pub(crate) fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.settings.bootstrap_servers);
        config
    }
}

/// Waits for a step that should happen soon.
pub(crate) async fn soon<T>(work: impl Future<Output = T>) -> anyhow::Result<T> {
    tokio::time::timeout(SOON, work).await.context("the step took too long")
}

/// Takes a snapshot of the end offsets and reads up to them.
pub(crate) async fn drain(source: &mut Source, limit: usize) -> anyhow::Result<Vec<Vec<Record>>> {
    source.snapshot_end_offsets().await?;
    let mut batches = Vec::new();
    loop {
        let batch = soon(source.next_until_end(limit)).await??;
        if batch.is_empty() {
            return Ok(batches);
        }
        batches.push(batch);
    }
}

/// The offsets of records.
pub(crate) fn offsets(records: &[Record]) -> Vec<i64> {
    records.iter().map(|record| record.offset).collect()
}
