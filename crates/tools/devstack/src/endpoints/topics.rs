//! Topics of a stack: created with the settings of the pipeline, deleted, waited for.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use rdkafka::admin::{AdminClient, AdminOptions, NewPartitions, NewTopic, TopicReplication, TopicResult};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::metadata::{MetadataPartition, MetadataTopic};
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{Offset, TopicPartitionList};
use tokio::time::{sleep, timeout};

use crate::endpoints::Endpoints;

type Admin = AdminClient<DefaultClientContext>;

/// The topics of the data, in the order of the data flow.
const DATA: [&str; 4] = ["order-service_orders", "stg-service-orders", "dds-service-orders", "cdm-service-tags"];
/// The dead-letter topics, one for each service.
const DEAD_LETTERS: [&str; 3] = ["stg-service-dead-letters", "dds-service-dead-letters", "cdm-service-dead-letters"];

/// The broker's default limit of a record, plus 64 KiB for the headers of a dead letter: a record that fits its source
/// topic must also fit the dead-letter topic, or it would stop the pipeline.
const DEAD_LETTER_BYTES: &str = "1114124";

/// Time limit for the broker to announce a new topic or the deletion of one.
const WAIT_TIMEOUT: Duration = Duration::from_secs(30);
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// A topic to create: one replica, kept for ever, never compacted (orders share a user's key).
#[derive(Debug, Clone)]
pub struct Topic {
    name: String,
    partitions: i32,
    settings: Vec<(&'static str, &'static str)>,
}

impl Topic {
    /// A topic that carries data.
    pub fn data(name: impl Into<String>, partitions: i32) -> Self {
        Self { name: name.into(), partitions, settings: vec![("retention.ms", "-1"), ("cleanup.policy", "delete")] }
    }

    /// A dead-letter topic, with a larger record limit for the additional headers.
    pub fn dead_letters(name: impl Into<String>, partitions: i32) -> Self {
        let mut topic = Self::data(name, partitions);
        topic.settings.push(("max.message.bytes", DEAD_LETTER_BYTES));
        topic
    }

    /// The same with one more setting, by Kafka's name for it.
    #[must_use]
    pub fn with(mut self, setting: &'static str, value: &'static str) -> Self {
        self.settings.push((setting, value));
        self
    }

    /// Every topic of the pipeline, by the names its services default to.
    pub fn pipeline(partitions: i32) -> Vec<Self> {
        let data = DATA.map(|name| Self::data(name, partitions));
        let dead_letters = DEAD_LETTERS.map(|name| Self::dead_letters(name, partitions));
        data.into_iter().chain(dead_letters).collect()
    }

    fn to_new(&self) -> NewTopic<'_> {
        let new = NewTopic::new(&self.name, self.partitions, TopicReplication::Fixed(1));
        self.settings.iter().fold(new, |new, (key, value)| new.set(key, value))
    }
}

impl Endpoints {
    /// Creates the topics that do not exist, and returns when every partition has a leader.
    pub async fn create_topics(&self, topics: &[Topic]) -> anyhow::Result<()> {
        let admin = self.admin()?;
        let new: Vec<NewTopic<'_>> = topics.iter().map(Topic::to_new).collect();
        let results = admin.create_topics(&new, &AdminOptions::new()).await?;
        check(results, RDKafkaErrorCode::TopicAlreadyExists)?;
        let names = topics.iter().map(|topic| topic.name.clone()).collect();
        wait_until(admin, names, |leaders| !leaders.is_empty() && leaders.iter().all(|&leader| leader >= 0)).await
    }

    /// Deletes the topics that exist, and returns when they no longer exist.
    pub async fn delete_topics(&self, names: &[&str]) -> anyhow::Result<()> {
        let admin = self.admin()?;
        let results = admin.delete_topics(names, &AdminOptions::new()).await?;
        check(results, RDKafkaErrorCode::UnknownTopicOrPartition)?;
        let names = names.iter().map(ToString::to_string).collect();
        wait_until(admin, names, <[i32]>::is_empty).await
    }

    /// Extends a topic to `partitions` partitions and returns when each has a leader.
    pub async fn add_partitions(&self, name: &str, partitions: usize) -> anyhow::Result<()> {
        let admin = self.admin()?;
        let results = admin.create_partitions(&[NewPartitions::new(name, partitions)], &AdminOptions::new()).await?;
        check(results, RDKafkaErrorCode::NoError)?;
        let complete = move |leaders: &[i32]| leaders.len() == partitions && leaders.iter().all(|&leader| leader >= 0);
        wait_until(admin, vec![name.to_owned()], complete).await
    }

    /// Deletes the records of a topic before these offsets, one for each partition, as retention does.
    pub async fn delete_records(&self, name: &str, before: &[i64]) -> anyhow::Result<()> {
        let mut offsets = TopicPartitionList::new();
        for (partition, before) in (0..).zip(before) {
            offsets.add_partition_offset(name, partition, Offset::Offset(*before))?;
        }
        let deleted = self.admin()?.delete_records(&offsets, &AdminOptions::new()).await?;
        for partition in deleted.elements() {
            partition.error().with_context(|| format!("partition {} of {name}", partition.partition()))?;
        }
        Ok(())
    }

    fn admin(&self) -> anyhow::Result<Admin> {
        let mut config = ClientConfig::new();
        // Waiting until a topic is deleted must not create it again.
        config.set("bootstrap.servers", self.bootstrap_servers()).set("allow.auto.create.topics", "false");
        Ok(config.create()?)
    }
}

/// Every topic succeeded, or failed with the one error that means there was nothing to do.
fn check(results: Vec<TopicResult>, harmless: RDKafkaErrorCode) -> anyhow::Result<()> {
    for result in results {
        match result {
            Err((name, code)) if code != harmless => bail!("topic {name}: {code}"),
            Ok(_) | Err(_) => {}
        }
    }
    Ok(())
}

/// Waits until the leaders of each topic's partitions are as they should be; a topic that is unknown has none.
async fn wait_until(admin: Admin, names: Vec<String>, settled: impl Fn(&[i32]) -> bool) -> anyhow::Result<()> {
    let admin = Arc::new(admin);
    for name in names {
        let waiting = async {
            while !settled(&leaders(Arc::clone(&admin), name.clone()).await?) {
                sleep(POLL_INTERVAL).await;
            }
            anyhow::Ok(())
        };
        timeout(WAIT_TIMEOUT, waiting)
            .await
            .with_context(|| format!("topic {name} did not reach the expected state"))??;
    }
    Ok(())
}

/// librdkafka requests metadata in the calling thread, so this runs in a thread that may block.
async fn leaders(admin: Arc<Admin>, name: String) -> anyhow::Result<Vec<i32>> {
    let ask = move || {
        let metadata = admin.inner().fetch_metadata(Some(&name), WAIT_TIMEOUT)?;
        let partitions = metadata.topics().iter().flat_map(MetadataTopic::partitions);
        anyhow::Ok(partitions.map(MetadataPartition::leader).collect())
    };
    tokio::task::spawn_blocking(ask).await?
}
