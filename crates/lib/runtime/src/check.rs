//! `check`: tests everything the service needs, prints one line each, and changes nothing.

use consumer::DependencyError;
use kafka::Status;

use crate::{
    ExitError, Finding, Service, rebuild,
    settings::{Settings, TopicSettings},
    startup::topics,
};

mod database;

/// Prints a line for each thing looked at; whether all of it is as it should be.
pub(crate) async fn check<S: Service>(settings: &Settings, own: &S::Settings) -> Result<bool, ExitError> {
    let name = S::DESCRIPTION.name;
    let kafka = settings.kafka.connection(&settings.topics, name)?;
    let database = settings.database.connection(name)?;
    S::validate(own)?;
    let mut good = report(&[Finding::ok("settings", "")]);
    good &= report(&look_at_kafka(&kafka, &settings.topics).await);
    good &= report(&database::findings(&database, name).await);
    good &= report(&rebuild::report::findings(&database, name).await);
    good &= report(&S::check(own).await);
    Ok(good)
}

fn report(findings: &[Finding]) -> bool {
    for finding in findings {
        println!("{finding}");
    }
    findings.iter().all(|finding| finding.verdict.is_ok())
}

async fn look_at_kafka(settings: &kafka::Settings, names: &TopicSettings) -> Vec<Finding> {
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
