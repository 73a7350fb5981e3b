//! Test that logs contain no names of people.

use anyhow::{Result, ensure};
use harness::{Layer, Pipeline, Record, Workload};
use serde_json::Value;

/// A name inside an unusable order: the error does not contain it.
const NAMED: &str = "Котова Ольга Вениаминовна";

#[tokio::test]
async fn no_log_names_a_person() -> Result<()> {
    let week = Workload::dirty(51, 300);
    let pipeline = Pipeline::start(1).await?;
    pipeline.name(&week.reference).await?;
    pipeline.load(&week.events).await?;
    let services = pipeline.start_all().await?;
    let spoilt = include_str!("../fixtures/stg-service-orders.json");
    let no_number = spoilt.replace("\"quantity\": 1", "\"quantity\": 0");
    let no_text = spoilt.replace("\"Кофейня №1\"", "7");
    let no_name = spoilt.replace(&format!("\"{NAMED}\""), &format!("[\"{NAMED}\"]"));
    let cut = spoilt.trim_end().trim_end_matches('}').to_owned();
    pipeline.produce(&pipeline.source(Layer::Dds), [no_number, no_text, no_name, cut].map(Record::of)).await?;
    pipeline.wait_idle().await?;
    for service in services {
        service.stop().await?;
    }

    ensure!(pipeline.read(&pipeline.dead_letters(Layer::Dds)).await?.len() == 4, "not every spoilt order was refused");
    let mut people = vec![NAMED.to_owned()];
    for object in &week.reference {
        let object: Value = serde_json::from_str(&object.json)?;
        if let (Some(name), Some(login)) = (object["name"].as_str(), object["login"].as_str()) {
            people.extend([name.to_owned(), login.to_owned()]);
        }
    }
    ensure!(people.len() > 20, "hardly anybody ordered");
    let logs = pipeline.logs()?;
    ensure!(logs.len() == 3, "a log is missing");
    for (log, text) in logs {
        ensure!(text.contains("\"INFO\""), "{log} has nothing to say");
        let named = people.iter().find(|person| text.contains(person.as_str()));
        ensure!(named.is_none(), "{log} names {named:?}");
    }
    Ok(())
}
