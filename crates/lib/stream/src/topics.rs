//! Whether the topics are there before anything is read; and making them, if that is wanted.

use consumer::DependencyError;
use kafka::Status;

use runtime::{ExitError, StartupError};

use crate::{errors::startup_error, settings::TopicSettings};

/// What a record costs beside its key and value: the frames of the batch and of the record itself, generously.
const RECORD_OVERHEAD: usize = 1024;

/// What to do about a topic that is missing.
pub(crate) const ADVICE: &str = "create it, or set KAFKA_CREATE_TOPICS=true";

/// How much the topics take, in bytes.
pub(crate) struct TopicLimits {
    /// A message for the destination: key and value together.
    pub(crate) message: usize,
    /// Messages that travel together, to whichever topic.
    pub(crate) batch: usize,
}

/// Refuses to start without its topics, and returns how much those take that are written to.
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

/// A topic we create ourselves is not known to every broker at once; any other one will not come by waiting.
fn missing(topics: &TopicSettings, name: &str) -> StartupError {
    if topics.kafka_create_topics {
        return DependencyError::new(kafka::KAFKA, format_args!("topic {name} is not there yet")).into();
    }
    let setting = topics.setting(name);
    ExitError::Unavailable(format!("{setting}: topic {name} does not exist; {ADVICE}")).into()
}
