//! Tests of orders in envelopes: skipped with a warning, and read with `MESSAGE_ENVELOPE=auto`.

use anyhow::{Result, ensure};
use harness::{Layer, Pipeline, Process, Record};
use serde_json::{Value, json};

use crate::story::{Order, closed, workload};

const ORDERS: [Order<'static>; 7] = [
    closed(1, "u", &["tea"]),
    closed(2, "u", &["tea"]),
    closed(3, "u", &["tea"]),
    closed(4, "u", &["tea"]),
    closed(5, "u", &["tea"]),
    closed(6, "u", &["tea"]),
    closed(7, "u", &["tea"]),
];

/// The orders, each in another envelope, the last in none.
fn enveloped() -> Vec<Record> {
    let [one, two, three, four, five, six, seven] = ORDERS.map(|order| order.message());
    let wrapped = [
        json!({"schema": {"type": "struct"}, "payload": one}),
        json!({"schema": {"type": "string"}, "payload": two.to_string()}),
        json!({"before": null, "after": three, "op": "c", "ts_ms": 1}),
        json!({"payload": {"before": null, "after": four, "op": "r"}}),
        json!({"schema": {}, "payload": {"before": null, "after": five.to_string(), "op": "u"}}),
        json!({"specversion": "1.0", "id": "6", "source": "/orders", "type": "order", "data": six}),
        seven,
    ];
    wrapped.iter().map(|value| Record::of(value.to_string())).collect()
}

/// Records skipped as this kind.
async fn skipped(stg: &Process, kind: &str) -> Result<String> {
    let (_, page) = stg.get("/metrics").await?;
    let line = page.lines().find(|line| line.starts_with("tagmill_skipped_total{") && line.contains(kind));
    Ok(line.and_then(|line| line.rsplit(' ').next()).unwrap_or("0").to_owned())
}

#[tokio::test]
async fn envelopes_are_opened_if_enabled_and_otherwise_skipped_with_a_warning() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    pipeline.name(&workload(&ORDERS)?.reference).await?;
    let topic = pipeline.source(Layer::Stg);
    pipeline.produce(&topic, enveloped()).await?;
    let deletion = json!({"before": ORDERS[0].message(), "after": null, "op": "d"});
    pipeline.produce(&topic, [Record::of(deletion.to_string())]).await?;

    let stg = pipeline.service(Layer::Stg).start().await?;
    pipeline.wait_idle_up_to(&[Layer::Stg]).await?;
    ensure!(skipped(&stg, "\"envelope\"").await? == "7", "{} envelopes", skipped(&stg, "\"envelope\"").await?);
    let log = stg.log()?;
    let warnings: Vec<&str> = log.lines().filter(|line| line.contains("records were skipped")).collect();
    let [warning] = warnings.as_slice() else { anyhow::bail!("not one warning: {warnings:?}") };
    let warning: Value = serde_json::from_str(warning)?;
    ensure!(warning["fields"] == "payload, schema" && warning["kind"] == "envelope", "{warning}");
    ensure!(warning["record.topic"] == topic && warning["record.offset"] == 0, "{warning}");
    stg.stop().await?;

    let group = format!("{}-anew", pipeline.group(Layer::Stg));
    let service = pipeline.service(Layer::Stg).env("MESSAGE_ENVELOPE", "auto").env("KAFKA_GROUP_ID", group);
    let stg = service.start().await?;
    harness::until("all orders are stored", std::time::Duration::from_secs(60), async || {
        Ok(pipeline.count("SELECT count(*) FROM stg.order_events").await? == 7)
    })
    .await?;
    harness::until("the deletion is skipped", std::time::Duration::from_secs(60), async || {
        Ok(skipped(&stg, "\"tombstone\"").await? == "1")
    })
    .await?;
    ensure!(skipped(&stg, "\"envelope\"").await? == "0", "an envelope was not opened");
    // The payload is kept as it stands inside, and the version is that of the order itself.
    let stored = pipeline.sql("SELECT payload::text FROM stg.order_events ORDER BY object_id").await?;
    let expected: Vec<String> = ORDERS.iter().map(|order| order.message()["payload"].to_string()).collect();
    ensure!(stored == expected, "{stored:#?}");
    let letters = pipeline.read(&pipeline.dead_letters(Layer::Stg)).await?;
    ensure!(letters.is_empty(), "{letters:?}");
    Ok(())
}
