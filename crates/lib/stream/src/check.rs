//! `check` of a service that reads a topic: Kafka and the topics.

use consumer::DependencyError;
use kafka::Status;
use runtime::Finding;

pub(crate) use self::database::transaction;
use crate::{settings::TopicSettings, topics};

mod database;

/// One finding for the brokers and one for each topic.
pub(crate) async fn kafka(settings: &kafka::Settings, names: &TopicSettings) -> Vec<Finding> {
    let answer = async { kafka::Topics::connect(settings)?.check().await };
    match answer.await {
        Ok(topics) => {
            let kafka = Finding::ok("kafka", &settings.bootstrap_servers);
            [kafka].into_iter().chain(topics.into_iter().map(|found| topic(found, names))).collect()
        }
        Err(kafka::Error::Unavailable(DependencyError { error, .. })) => {
            let advice = "is it up? look at KAFKA_BOOTSTRAP_SERVERS and KAFKA_SECURITY_PROTOCOL";
            vec![Finding::failed("kafka", format_args!("{error}; {advice}"))]
        }
        Err(error) => vec![Finding::failed("kafka", error)],
    }
}

/// The finding about a topic, under the setting that names it.
fn topic(finding: kafka::Finding, names: &TopicSettings) -> Finding {
    let setting = names.setting(&finding.topic);
    match finding.status {
        Status::Ok => Finding::ok(setting, finding),
        Status::Warning => Finding::failed(setting, format_args!("{finding}; change the topic's configuration")),
        Status::Missing => {
            Finding::failed(setting, format_args!("topic {} {}; {}", finding.topic, finding.text, topics::ADVICE))
        }
    }
}
