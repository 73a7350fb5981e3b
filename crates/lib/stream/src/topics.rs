//! Check of the topics at the start. Missing topics are created if `KAFKA_CREATE_TOPICS` is set.

use consumer::DependencyError;
use kafka::Status;

use runtime::{ExitError, StartupError};

use crate::{errors::startup_error, settings::TopicSettings};

/// Upper bound of the overhead of a record: the headers of the batch and of the record, in bytes.
const RECORD_OVERHEAD: usize = 1024;

/// The advice for a missing topic.
pub(crate) const ADVICE: &str = "create it, or set KAFKA_CREATE_TOPICS=true";

/// Size limits of the topics, in bytes.
pub(crate) struct TopicLimits {
    /// Limit of a message for the destination topic: key and value together.
    pub(crate) message: usize,
    /// Limit of the messages of one request, for any of the topics.
    pub(crate) batch: usize,
}

/// Checks that the topics exist, and returns the size limits of those that the service writes.
pub(crate) async fn require(cluster: &kafka::Topics, topics: &TopicSettings) -> Result<TopicLimits, StartupError> {
    let explain = |error| match error {
        kafka::Error::NoTopic(name) => missing(topics, &name),
        error => startup_error(error),
    };
    if topics.kafka_create_topics {
        let partitions = i32::from(topics.kafka_topic_partitions.get());
        for topic in cluster.create_missing(partitions).await.map_err(explain)? {
            tracing::info!(topic, partitions, "created a topic");
        }
    }
    for finding in cluster.check().await.map_err(startup_error)? {
        match finding.status {
            Status::Ok => {}
            Status::Warning => tracing::warn!(topic = finding.topic, "{}", finding.text),
            Status::Missing => return Err(missing(topics, &finding.topic)),
        }
    }
    let limits = async |name: &str| {
        let bytes = cluster.max_message_bytes(name).await.map_err(explain)?;
        Ok::<_, StartupError>(bytes.saturating_sub(RECORD_OVERHEAD))
    };
    let message = match &topics.kafka_destination_topic {
        Some(name) => limits(name).await?,
        None => usize::MAX,
    };
    Ok(TopicLimits { message, batch: limits(&topics.kafka_dead_letter_topic).await?.min(message) })
}

/// The error for a missing topic. A topic that the service has just created may be unknown to some brokers for a
/// moment, so this is an outage. Any other missing topic ends the start.
fn missing(topics: &TopicSettings, name: &str) -> StartupError {
    if topics.kafka_create_topics {
        return DependencyError::new(kafka::KAFKA, format_args!("topic {name} does not exist yet")).into();
    }
    let setting = topics.setting(name);
    ExitError::Unavailable(format!("{setting}: topic {name} does not exist; {ADVICE}")).into()
}
