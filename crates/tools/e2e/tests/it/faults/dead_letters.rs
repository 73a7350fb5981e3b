//! Tests of dead letters: an unreadable record does not stop other records.

use anyhow::{Context, Result, ensure};
use harness::{Layer, Pipeline, Record};

use crate::story::{Order, closed, restaurant, user};

const ENRICHED: &str = include_str!("../../fixtures/stg-service-orders.json");
const COUNTERS: &str = include_str!("../../fixtures/dds-service-orders.json");

/// Not JSON, not even UTF-8.
const UNREADABLE: &[u8] = b"{\"object_type\": \"order\", \xff\xfe";

/// Time of the record: long ago, so that it differs from any other time.
const WRITTEN_AT: i64 = 1_773_057_600_123;

/// A record with everything a record can have.
fn unreadable() -> Record {
    Record {
        key: Some(b"\x00key".to_vec()),
        value: Some(UNREADABLE.to_vec()),
        headers: vec![
            ("trace".to_owned(), b"7f".to_vec()),
            ("reason".to_owned(), b"a header of theirs".to_vec()),
            ("trace".to_owned(), vec![0xff]),
        ],
        timestamp: Some(WRITTEN_AT),
        ..Record::default()
    }
}

#[tokio::test]
async fn dead_letters_of_each_service_have_the_original_and_the_reason() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    pipeline.name(&[user("u")?, restaurant(&["tea"])?]).await?;
    let order = |id| closed(id, "u", &["tea"]).record();
    let enriched = |id: &str| Record::of(ENRICHED.replace("322519", id));
    let counters = |id: &str| Record::of(COUNTERS.replace("626a81ce9a8cd1920641e296", id));
    let neighbours = [
        (Layer::Cdm, [counters("first"), counters("last")]),
        (Layer::Dds, [enriched("101"), enriched("102")]),
        (Layer::Stg, [order(201), order(202)]),
    ];
    for (layer, [before, after]) in neighbours {
        pipeline.produce(&pipeline.source(layer), [before, unreadable(), after]).await?;
    }
    let services = pipeline.start_all().await?;
    pipeline.wait_idle().await?;

    for (layer, service) in Layer::ALL.into_iter().zip(&services) {
        let letters = pipeline.read(&pipeline.dead_letters(layer)).await?;
        let [letter] = letters.as_slice() else { anyhow::bail!("{}: {letters:?}", layer.binary()) };
        assert_kept_and_explained(letter, &pipeline.source(layer), &layer.binary())?;
        let page = service.get("/metrics").await?.1;
        let counted = page.lines().find(|line| line.starts_with("tagmill_dead_letters_total{"));
        let counted = counted.with_context(|| format!("{} counts no dead letters", layer.binary()))?;
        ensure!(counted.contains("reason=\"not-json\"") && counted.ends_with(" 1"), "{counted}");
    }
    let orders = "SELECT object_id FROM stg.order_events ORDER BY 1";
    assert_eq!(pipeline.sql(orders).await?, ["201", "202"]);
    let orders = "SELECT order_id FROM dds.h_order ORDER BY 1";
    assert_eq!(pipeline.sql(orders).await?, ["101", "102", "201", "202"]);
    let users = "SELECT source_id FROM cdm.users WHERE source_id IN ('first', 'last') ORDER BY 1";
    assert_eq!(pipeline.sql(users).await?, ["first", "last"]);
    Ok(())
}

fn assert_kept_and_explained(letter: &Record, topic: &str, service: &str) -> Result<()> {
    let original = unreadable();
    assert_eq!((&letter.key, &letter.value, letter.timestamp), (&original.key, &original.value, original.timestamp));
    let (theirs, ours) = letter.headers.split_at(original.headers.len());
    assert_eq!(theirs, original.headers);

    let names: Vec<&str> = ours.iter().map(|(name, _)| name.as_str()).collect();
    let expected = ["reason", "error", "source-topic", "source-partition", "source-offset", "service", "failed-at"];
    assert_eq!(names, expected);
    let values: Vec<String> = ours.iter().map(|(_, value)| String::from_utf8_lossy(value).into_owned()).collect();
    let [reason, error, source, partition, offset, by, failed_at] = values.as_slice() else { unreachable!() };
    assert_eq!([reason, source, partition, offset, by], ["not-json", topic, "0", "1", service]);
    ensure!(error.contains("JSON"), "{error}");
    ensure!(orders::UtcMicros::read(failed_at).is_some(), "failed-at is no time: {failed_at}");
    Ok(())
}

#[tokio::test]
async fn an_order_that_changes_its_user_is_a_dead_letter() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    pipeline.name(&[user("u")?, user("thief")?, restaurant(&["tea"])?]).await?;
    let mine = closed(1, "u", &["tea"]);
    let stolen = Order { user: "thief", minute: 5, ..mine };
    pipeline
        .produce(&pipeline.source(Layer::Stg), [mine, stolen, closed(2, "thief", &["tea"])].map(|it| it.record()))
        .await?;
    let _services = pipeline.start_all().await?;
    pipeline.wait_idle().await?;

    let letters = pipeline.read(&pipeline.dead_letters(Layer::Stg)).await?;
    let [letter] = letters.as_slice() else { anyhow::bail!("{letters:?}") };
    assert_eq!(letter.header("reason").as_deref(), Some("user-changed"));
    assert_eq!(letter.value, stolen.record().value);
    let users = "SELECT object_id, user_id FROM stg.order_events ORDER BY 1";
    assert_eq!(pipeline.sql(users).await?, ["1|u", "2|thief"]);
    pipeline.audit().await
}
