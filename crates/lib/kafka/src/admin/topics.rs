//! The topics of a service: describes and checks them, and creates missing ones.

use std::{sync::Arc, time::Duration};

use rdkafka::{
    admin::{AdminClient, AdminOptions, ConfigResource, NewTopic, ResourceSpecifier, TopicReplication},
    error::{KafkaError, RDKafkaErrorCode as Code},
};
use tokio::time::{Instant, sleep};

use crate::{
    Error, Settings,
    admin::advertised,
    admin::metadata_client::MetadataClient,
    admin::topic::{Finding, Status, Topic},
    client::diagnostics::Diagnostics,
    client::error::unavailable,
    produce::producer::LARGEST_RECORD,
};

/// Requests about topics. Nothing is retried here: the caller waits after [`Error::Unavailable`].
pub struct Topics {
    settings: Settings,
    metadata_client: Arc<MetadataClient>,
    admin: AdminClient<Diagnostics>,
}

/// Timeout of an administrative request.
const ADMIN_TIMEOUT: Duration = Duration::from_secs(10);

/// Interval between two requests for the metadata of a new topic.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// The size by which a dead letter may exceed its original: the additional headers.
const DEAD_LETTER_ROOM: usize = 64 * 1024;

impl Topics {
    /// A client for the topics of `settings`. It connects with the first request.
    ///
    /// # Errors
    /// A setting cannot be used.
    pub fn connect(settings: &Settings) -> Result<Self, Error> {
        Ok(Self {
            metadata_client: Arc::new(MetadataClient::new(settings)?),
            admin: settings.client().create_with_context(Diagnostics)?,
            settings: settings.clone(),
        })
    }

    /// Describes one topic.
    ///
    /// # Errors
    /// [`Error::NoTopic`] if the topic does not exist, [`Error::Refused`] if the user has no right to describe it.
    pub async fn describe(&self, name: &str) -> Result<Topic, Error> {
        let partitions = self.partitions(name).await?;
        let options = AdminOptions::new().request_timeout(Some(ADMIN_TIMEOUT));
        let described = self.admin.describe_configs(&[ResourceSpecifier::Topic(name)], &options).await;
        let described = self.explain(name, described).await?;
        let config = described.into_iter().next().ok_or_else(|| unavailable("the answer contains no topic"))?;
        let config = config.map_err(KafkaError::AdminOp)?;
        Ok(Topic {
            name: name.to_owned(),
            partitions,
            retention: entry(&config, "retention.ms")?.to_owned(),
            cleanup_policy: entry(&config, "cleanup.policy")?.to_owned(),
            max_message_bytes: entry(&config, "max.message.bytes")?.parse().map_err(unavailable)?,
        })
    }

    /// Whether a topic exists.
    ///
    /// # Errors
    /// The brokers do not answer, or the user has no right to describe the topic.
    pub async fn exists(&self, name: &str) -> Result<bool, Error> {
        match self.partitions(name).await {
            Ok(_) => Ok(true),
            Err(Error::NoTopic(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The maximum size of a record in a topic, in bytes. A larger message must not be sent, because the broker would
    /// reject it each time.
    ///
    /// # Errors
    /// As [`Topics::describe`].
    pub async fn max_message_bytes(&self, name: &str) -> Result<usize, Error> {
        Ok(self.describe(name).await?.max_message_bytes.min(LARGEST_RECORD))
    }

    /// Checks each topic of the settings. A missing topic is a finding, not an error.
    ///
    /// # Errors
    /// The brokers do not answer, or the user has no right to describe the topics.
    pub async fn check(&self) -> Result<Vec<Finding>, Error> {
        let mut findings = Vec::new();
        let mut room = 0; // the size of a dead letter, known after the source topic
        for name in self.names() {
            findings.push(match self.describe(name).await {
                Ok(topic) => {
                    let needed = if *name == self.settings.dead_letter_topic { room } else { 0 };
                    let is_read = *name == self.settings.source_topic;
                    if is_read {
                        room = topic.max_message_bytes + DEAD_LETTER_ROOM;
                    }
                    topic.check(needed, if is_read { self.settings.receive_bytes() } else { usize::MAX })
                }
                Err(Error::NoTopic(topic)) => {
                    Finding { topic, status: Status::Missing, text: "does not exist".to_owned() }
                }
                Err(error) => return Err(error),
            });
        }
        Ok(findings)
    }

    /// Creates the missing topics of the settings, with this many partitions, and returns their names. Records are kept
    /// for ever, because a rebuild replays them. Topics are not compacted, because all orders of a user have the same
    /// key.
    ///
    /// # Errors
    /// The brokers do not answer, or the user has no right to create topics.
    pub async fn create_missing(&self, partitions: i32) -> Result<Vec<String>, Error> {
        let mut created = Vec::new();
        for name in self.names() {
            match self.partitions(name).await {
                Ok(_) => continue,
                Err(Error::NoTopic(_)) => {}
                Err(error) => return Err(error),
            }
            let room = if *name == self.settings.dead_letter_topic {
                Some(self.max_message_bytes(&self.settings.source_topic).await? + DEAD_LETTER_ROOM)
            } else {
                None
            };
            self.create(name, partitions, room.map(|bytes| bytes.to_string()).as_deref()).await?;
            self.until_known(name).await?;
            created.push(name.clone());
        }
        Ok(created)
    }

    async fn create(&self, name: &str, partitions: i32, max_message_bytes: Option<&str>) -> Result<(), Error> {
        let brokers_default = TopicReplication::Fixed(-1);
        let mut topic = NewTopic::new(name, partitions, brokers_default);
        topic = topic.set("retention.ms", "-1").set("cleanup.policy", "delete");
        if let Some(bytes) = max_message_bytes {
            topic = topic.set("max.message.bytes", bytes);
        }
        let options = AdminOptions::new().request_timeout(Some(ADMIN_TIMEOUT)).operation_timeout(Some(ADMIN_TIMEOUT));
        let created = self.admin.create_topics([&topic], &options).await;
        for result in self.explain(name, created).await? {
            match result {
                Ok(_) | Err((_, Code::TopicAlreadyExists)) => {} // another replica was faster
                Err((_, code)) => return Err(KafkaError::AdminOp(code).into()),
            }
        }
        Ok(())
    }

    /// Waits until the brokers report a topic. The controller acknowledges a new topic before every broker knows it.
    async fn until_known(&self, name: &str) -> Result<(), Error> {
        let deadline = Instant::now() + ADMIN_TIMEOUT;
        loop {
            match self.partitions(name).await {
                Err(Error::NoTopic(_)) if Instant::now() < deadline => sleep(POLL_INTERVAL).await,
                known => return known.map(drop),
            }
        }
    }

    /// The number of partitions of a topic.
    pub(crate) async fn partitions(&self, name: &str) -> Result<usize, Error> {
        let (metadata_client, topic) = (Arc::clone(&self.metadata_client), name.to_owned());
        let asking = tokio::task::spawn_blocking(move || metadata_client.metadata(&topic));
        let metadata = asking.await.map_err(unavailable)??;
        let topic = metadata.topics().first().ok_or_else(|| Error::NoTopic(name.to_owned()))?;
        match topic.error().map(Code::from) {
            None => Ok(topic.partitions().len()),
            Some(Code::UnknownTopicOrPartition) => Err(Error::NoTopic(name.to_owned())),
            Some(code) => Err(KafkaError::MetadataFetch(code).into()),
        }
    }

    /// The answer to a request, which may have gone to a broker other than the bootstrap server. If it fails, the error
    /// names the first broker that is unreachable at its advertised address, if any.
    async fn explain<T>(&self, topic: &str, answer: Result<T, KafkaError>) -> Result<T, Error> {
        let error = match answer.map_err(Error::from) {
            Err(Error::Unavailable(error)) => error,
            other => return other,
        };
        let (metadata_client, topic) = (Arc::clone(&self.metadata_client), topic.to_owned());
        let asking =
            tokio::task::spawn_blocking(move || advertised::unreachable(&metadata_client.metadata(&topic).ok()?));
        Err(asking.await.ok().flatten().map_or(error, unavailable).into())
    }

    /// The source comes first, because the checks of the others depend on it.
    fn names(&self) -> impl Iterator<Item = &String> {
        let Settings { source_topic, destination_topic, dead_letter_topic, .. } = &self.settings;
        [Some(source_topic), destination_topic.as_ref(), Some(dead_letter_topic)].into_iter().flatten()
    }
}

fn entry<'a>(config: &'a ConfigResource, name: &str) -> Result<&'a str, Error> {
    let value = config.get(name).and_then(|entry| entry.value.as_deref());
    value.ok_or_else(|| unavailable(format_args!("the topic has no configuration {name}")).into())
}
