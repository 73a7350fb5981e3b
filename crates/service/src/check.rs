//! `check`: looks at everything the service needs, one line each, and touches nothing.

use kafka::Verdict;
use pipeline::Unavailable;
use warehouse::{Denied, Greeting, Warehouse};

use crate::{
    Finding, Refusal, Service, rebuild, schema,
    settings::{Settings, Topics},
    topics,
};

/// Prints a line for each thing looked at; whether all of it is as it should be.
pub(crate) async fn check<S: Service>(settings: &Settings, own: &S::Settings) -> Result<bool, Refusal> {
    let name = S::DESCRIPTION.name;
    let kafka = settings.kafka.connection(&settings.topics, name)?;
    let database = settings.database.connection(name)?;
    S::validate(own)?;
    let mut good = report(&[Finding::ok("settings", "")]);
    good &= report(&look_at_kafka(&kafka, &settings.topics).await);
    good &= report(&look_at_database(&database, name).await);
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

async fn look_at_kafka(settings: &kafka::Settings, names: &Topics) -> Vec<Finding> {
    let answer = async { kafka::Topics::connect(settings)?.check().await };
    match answer.await {
        Ok(topics) => {
            let kafka = Finding::ok("kafka", &settings.bootstrap_servers);
            [kafka].into_iter().chain(topics.into_iter().map(|found| topic(found, names))).collect()
        }
        Err(kafka::Error::Unavailable(Unavailable { error, .. })) => {
            let advice = "is it up? look at KAFKA_BOOTSTRAP_SERVERS and KAFKA_SECURITY_PROTOCOL";
            vec![Finding::failed("kafka", format_args!("{error}; {advice}"))]
        }
        Err(error) => vec![Finding::failed("kafka", error)],
    }
}

/// What was found about a topic, under the setting that names it.
fn topic(finding: kafka::Finding, names: &Topics) -> Finding {
    let setting = names.setting(&finding.topic);
    match finding.verdict {
        Verdict::Good => Finding::ok(setting, finding),
        Verdict::Doubtful => Finding::failed(setting, format_args!("{finding}; change the topic's configuration")),
        Verdict::Missing => {
            Finding::failed(setting, format_args!("topic {} {}; {}", finding.topic, finding.text, topics::ADVICE))
        }
    }
}

async fn look_at_database(settings: &warehouse::Settings, service: &str) -> Vec<Finding> {
    let database = match Warehouse::new(settings).greet().await {
        Ok(greeting) => Finding::ok("database", seen(&greeting)),
        Err(Denied::Unavailable(Unavailable { error, .. })) => {
            return vec![Finding::failed("database", format_args!("{error}; is it up? look at DATABASE_URL"))];
        }
        Err(error) => return vec![Finding::failed("database", error)],
    };
    let schema = match warehouse::pending(settings).await {
        Ok(pending) if pending.is_empty() => Finding::ok("schema", "up to date"),
        Ok(pending) => Finding::failed("schema", schema::advice(&pending, service)),
        Err(error) => Finding::failed("schema", error),
    };
    vec![database, schema]
}

fn seen(Greeting { version, direct }: &Greeting) -> String {
    match direct {
        true => format!("PostgreSQL {version}"),
        false => format!("PostgreSQL {version}, through a pooler: unnamed statements"),
    }
}
