//! Detection of deleted topics: a topic of the service that no longer exists is a stall until it exists again.

use std::{sync::Arc, time::Duration};

use ::consumer::{LoopHealth, StallCause};
use rdkafka::{consumer::Consumer as _, types::RDKafkaErrorCode as Code};
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep_until},
};

use crate::{Settings, consume::consumer::Consumer};

/// Requests the metadata of each topic over the consumer's own connections. An idle service notices a deleted topic in
/// no other way. Only an answer about the topic itself ends the stall; a broker that is up does not.
pub(crate) struct TopicWatch {
    topics: Vec<Watched>,
    loop_health: Arc<LoopHealth>,
    ask_at: Instant,
    asking: Option<JoinHandle<Vec<Answer>>>,
}

/// The brokers' answer about a topic.
struct Answer {
    topic: String,
    exists: bool,
}

struct Watched {
    name: String,
    /// The settings that contain the topic.
    setting: &'static str,
}

/// The time between two rounds of requests. A stall must be reported within a minute.
const ASK_EVERY: Duration = Duration::from_secs(10);

/// Timeout of a request.
const METADATA_TIMEOUT: Duration = Duration::from_secs(5);

impl TopicWatch {
    pub(crate) fn new(settings: &Settings, loop_health: Arc<LoopHealth>) -> Self {
        let watched = |name: &String, setting| Watched { name: name.clone(), setting };
        let destination = settings.destination_topic.as_ref();
        let topics = [
            Some(watched(&settings.source_topic, settings.source_setting)),
            destination.map(|topic| watched(topic, "KAFKA_DESTINATION_TOPIC")),
            Some(watched(&settings.dead_letter_topic, "KAFKA_DEAD_LETTER_TOPIC")),
        ];
        let topics = topics.into_iter().flatten().filter(|topic| !topic.name.is_empty()).collect();
        Self { topics, loop_health, ask_at: Instant::now() + ASK_EVERY, asking: None }
    }

    /// Watches the topics as long as it is awaited. Never resolves. It can be dropped at any time and called again.
    pub(crate) async fn watch(&mut self, consumer: &Arc<Consumer>) {
        loop {
            let Some(asking) = &mut self.asking else {
                sleep_until(self.ask_at).await;
                self.asking = Some(self.ask(consumer));
                continue;
            };
            let answers = asking.await.unwrap_or_default();
            self.asking = None;
            self.ask_at = Instant::now() + ASK_EVERY;
            self.report(&answers);
        }
    }

    /// Sends the requests from a thread that may block. A missing answer proves nothing about a topic.
    fn ask(&self, consumer: &Arc<Consumer>) -> JoinHandle<Vec<Answer>> {
        let consumer = Arc::downgrade(consumer);
        let names: Vec<_> = self.topics.iter().map(|topic| topic.name.clone()).collect();
        tokio::task::spawn_blocking(move || {
            let ask = |topic: String| {
                // A consumer that was replaced, or leaves its group, is delayed by at most one request.
                let exists = exists(&*consumer.upgrade()?, &topic)?;
                Some(Answer { topic, exists })
            };
            names.into_iter().filter_map(ask).collect()
        })
    }

    fn report(&self, answers: &[Answer]) {
        for Answer { topic, exists } in answers {
            if *exists {
                self.loop_health.clear_stall(StallCause::TopicMissing, topic);
            } else {
                self.loop_health.set_stall(StallCause::TopicMissing, topic, &self.error(topic));
            }
        }
    }

    fn error(&self, name: &str) -> String {
        let settings = self.topics.iter().filter(|topic| topic.name == name).map(|topic| topic.setting);
        let settings = settings.collect::<Vec<_>>().join(", ");
        format!("the topic no longer exists ({settings}); create it again, with as many partitions as before")
    }
}

fn exists(consumer: &Consumer, name: &str) -> Option<bool> {
    let metadata = consumer.fetch_metadata(Some(name), METADATA_TIMEOUT).ok()?;
    let topic = metadata.topics().first()?;
    match topic.error().map(Code::from) {
        None => Some(true),
        Some(Code::UnknownTopicOrPartition | Code::UnknownTopic) => Some(false),
        Some(_) => None,
    }
}
