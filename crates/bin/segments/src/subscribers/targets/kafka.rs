//! Kafka topics: a record for each change, with the user as its key, acknowledged by the brokers.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use consumer::{Failure, Message, Publisher as _};
use jiff::Timestamp;
use kafka::{Publisher, Topics};

use super::webhook::message::removal;
use crate::subscribers::{
    Change,
    store::Subscription,
    target::{Answer, Audience, Pages, Stop, Takes, Target},
};

/// Maximum time for the acknowledgement of a batch.
const PUBLISH_TIMEOUT: Duration = Duration::from_secs(15);

/// Topics of the order system and of Tagmill's services under their usual names. No subscription writes them.
const RESERVED: [&str; 2] = ["order-service_orders", "UserAction"];
const RESERVED_PREFIXES: [&str; 5] =
    ["stg-service-", "dds-service-", "cdm-service-", "elt-service-", "segments-service-"];

/// The producers of all Kafka targets. Without `KAFKA_BOOTSTRAP_SERVERS` there is none.
#[derive(Clone, Default)]
pub struct Sender(Option<Arc<Producers>>);

struct Producers {
    settings: kafka::Settings,
    /// Topics that this process reads or writes for itself.
    own: Vec<String>,
    topics: tokio::sync::OnceCell<Topics>,
    by_topic: Mutex<BTreeMap<String, Arc<Publisher>>>,
}

/// The topic of a subscription.
pub struct Topic {
    producers: Arc<Producers>,
    name: String,
}

impl Sender {
    /// Producers with these settings. They connect with the first change. No subscription may write the topics `own`.
    #[must_use]
    pub fn new(settings: kafka::Settings, own: Vec<String>) -> Self {
        let settings = kafka::Settings { publish_timeout: PUBLISH_TIMEOUT, ..settings };
        let (topics, by_topic) = (tokio::sync::OnceCell::new(), Mutex::default());
        Self(Some(Arc::new(Producers { settings, own, topics, by_topic })))
    }

    /// The topic of a subscription.
    ///
    /// # Errors
    /// Kafka is not used, or the topic is one of Tagmill.
    pub fn to(&self, subscription: &Subscription) -> Result<Topic, Stop> {
        let producers = self.0.as_ref().ok_or_else(|| Stop::retry("KAFKA_BOOTSTRAP_SERVERS is not set"))?;
        let name = &subscription.destination;
        check(name).map_err(Stop::retry)?;
        if producers.own.contains(name) {
            return Err(Stop::retry(reserved(name)));
        }
        Ok(Topic { producers: Arc::clone(producers), name: name.clone() })
    }
}

/// Whether a subscription may write this topic, as far as its name tells.
///
/// # Errors
/// It is one of Tagmill.
pub fn check(topic: &str) -> Result<(), String> {
    let is_reserved = RESERVED.contains(&topic) || RESERVED_PREFIXES.iter().any(|prefix| topic.starts_with(prefix));
    if is_reserved { Err(reserved(topic)) } else { Ok(()) }
}

fn reserved(topic: &str) -> String {
    format!("topic {topic} belongs to Tagmill; params.topic has to be another one")
}

impl Producers {
    /// The producer of a topic.
    fn publisher(&self, topic: &str) -> Result<Arc<Publisher>, kafka::Error> {
        let mut by_topic = self.by_topic.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(publisher) = by_topic.get(topic) {
            return Ok(Arc::clone(publisher));
        }
        let settings = kafka::Settings { destination_topic: Some(topic.to_owned()), ..self.settings.clone() };
        let publisher = Arc::new(Publisher::connect(&settings)?);
        by_topic.insert(topic.to_owned(), Arc::clone(&publisher));
        Ok(publisher)
    }

    async fn topics(&self) -> Result<&Topics, kafka::Error> {
        self.topics.get_or_try_init(async || Topics::connect(&self.settings)).await
    }
}

impl Topic {
    /// The client would wait long for a topic that does not exist. Topics are never created.
    async fn require(&self) -> Result<(), Stop> {
        let topics = self.producers.topics().await.map_err(|error| stop(&error))?;
        if topics.exists(&self.name).await.map_err(|error| stop(&error))? {
            Ok(())
        } else {
            Err(Stop::retry(format!("topic {} does not exist", self.name)))
        }
    }

    /// Sends the messages, and waits until the brokers have acknowledged all.
    async fn publish(&self, messages: &[Message]) -> Result<(), Stop> {
        self.require().await?;
        let publisher = self.producers.publisher(&self.name).map_err(|error| stop(&error))?;
        publisher.publish(messages, &[]).await.map_err(|error| Stop::retry(error.to_string()))
    }
}

fn stop(error: &kafka::Error) -> Stop {
    Stop::retry(error.to_string())
}

fn record(change: &Change) -> Message {
    Message { key: change.user.guid.to_string(), value: serde_json::to_vec(change).unwrap_or_default() }
}

impl Target for Topic {
    const TAKES: Takes = Takes::Batches;

    /// A topic has no audiences, but it has to exist.
    async fn select(&self, _: &Audience) -> Result<Option<bool>, Stop> {
        self.require().await.map(|()| None)
    }

    /// A topic takes changes only.
    async fn create(&self, audience: &Audience, pages: &mut impl Pages) -> Result<Answer, Failure> {
        self.update(audience, pages).await
    }

    async fn update(&self, _: &Audience, pages: &mut impl Pages) -> Result<Answer, Failure> {
        let changes = pages.next().await?;
        let messages: Vec<Message> = changes.iter().map(record).collect();
        // Any record may be written if not all are acknowledged; then all are sent again.
        Ok(match self.publish(&messages).await {
            Ok(()) => Answer::acknowledged(changes.len()),
            Err(stop) => Answer::stopped(stop),
        })
    }

    async fn remove(&self, audience: &Audience) -> Result<(), Stop> {
        let now = Timestamp::try_from(runtime::clock::now()).unwrap_or_default();
        let value = removal(audience, now).body.into_bytes();
        self.publish(&[Message { key: audience.name.clone(), value }]).await
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sender").field(&self.0.is_some()).finish()
    }
}

impl fmt::Debug for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Topic").field(&self.name).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn topics_of_tagmill_are_reserved() {
        for topic in ["order-service_orders", "cdm-service-tags", "segments-service-dead-letters", "UserAction"] {
            assert!(check(topic).is_err(), "{topic}");
        }
        assert_eq!(check("crm-audiences"), Ok(()));
    }
}
