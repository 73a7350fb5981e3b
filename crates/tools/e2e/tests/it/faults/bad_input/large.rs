//! Records of the maximum size, good and bad, and orders that exceed it after enrichment.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use devstack::Topic;
use harness::{Layer, Pipeline, Record, until};
use serde_json::{Value, json};

use crate::story::{Order, closed, restaurant, user};

/// Maximum batch size of the broker, minus the frames around a record.
const LARGEST: usize = 1_048_588 - 100;

/// The message with a field that makes it as large as may be.
fn padded(mut message: Value) -> String {
    message["padding"] = json!("");
    let padding = "x".repeat(LARGEST - message.to_string().len());
    message["padding"] = json!(padding);
    message.to_string()
}

#[tokio::test]
async fn records_at_the_limit_of_the_broker_are_stored_or_become_complete_dead_letters() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    pipeline.name(&[user("u")?, restaurant(&["tea"])?]).await?;
    let garbage = Record { headers: vec![("trace".to_owned(), b"1".to_vec())], ..Record::of("x".repeat(LARGEST - 20)) };
    for (layer, good) in [
        (Layer::Stg, super::orders::good as fn(u32) -> _),
        (Layer::Dds, super::enriched::good),
        (Layer::Cdm, super::counters::good),
    ] {
        // Far from the orders that come from upstream.
        let good = |number: u32| Record::of(padded(good(number + 500).0));
        pipeline
            .produce(&pipeline.source(layer), [good(1), garbage.clone(), good(2), garbage.clone(), good(3)])
            .await?;
    }
    let _services = pipeline.start_all().await?;
    pipeline.wait_idle().await?;
    for layer in Layer::ALL {
        let letters = pipeline.read(&pipeline.dead_letters(layer)).await?;
        let values: Vec<_> = letters.iter().map(|letter| (&letter.value, letter.header("value-omitted"))).collect();
        ensure!(values == vec![(&garbage.value, None); 2], "{}: {} letters", layer.binary(), values.len());
    }
    assert_eq!(pipeline.sql("SELECT object_id FROM stg.order_events ORDER BY 1").await?, ["1501", "1502", "1503"]);
    assert_eq!(pipeline.sql("SELECT order_id FROM dds.h_order ORDER BY 1").await?, ["1501", "1502", "1503"]);
    let users = "SELECT source_id FROM cdm.users WHERE source_id LIKE 'user %' ORDER BY 1";
    assert_eq!(pipeline.sql(users).await?, ["user 501", "user 502", "user 503"]);
    Ok(())
}

#[tokio::test]
async fn an_enriched_order_over_the_message_limit_is_rejected_before_anything_is_stored() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    let name = "Блюдо с очень длинным названием".repeat(40);
    let menu = json!([{"_id": "long", "name": name, "price": 1, "category": "Раздел"}]);
    let mut redis =
        json!({"_id": "restaurant", "name": "Кофейня №1", "menu": menu, "update_ts": "2026-03-02 11:00:00"});
    let reference = |redis: &Value| workload::source::Reference::parse(redis.to_string());
    pipeline.name(&[user("u")?, reference(&redis)?]).await?;
    let products = vec!["long"; 500];
    let large = closed(1, "u", &products);
    pipeline.produce(&pipeline.source(Layer::Stg), [large.record(), closed(2, "u", &["long"]).record()]).await?;
    let services = pipeline.start_all().await?;
    pipeline.wait_idle().await?;

    let letters = pipeline.read(&pipeline.dead_letters(Layer::Stg)).await?;
    let [letter] = letters.as_slice() else { anyhow::bail!("{} dead letters", letters.len()) };
    assert_eq!((letter.header("reason").as_deref(), &letter.value), (Some("too-large"), &large.record().value));
    assert_eq!(pipeline.sql("SELECT object_id FROM stg.order_events").await?, ["2"]);

    // With a shorter name it fits, and the letter can be sent back.
    redis["menu"][0]["name"] = json!("Блюдо");
    pipeline.name(&[reference(&redis)?]).await?;
    drop(services);
    let replayed = pipeline.service(Layer::Stg).run(&["dead-letters", "replay", "--yes"]).await?;
    ensure!(replayed.status.success(), "{}", String::from_utf8_lossy(&replayed.stderr));
    let _services = pipeline.start_all().await?;
    pipeline.wait_idle().await?;
    assert_eq!(pipeline.sql("SELECT order_id FROM dds.h_order ORDER BY 1").await?, ["1", "2"]);
    let counted = pipeline.sql("SELECT order_cnt FROM cdm.user_product_counters").await?;
    assert_eq!(counted, ["2"]);
    pipeline.audit().await
}

/// A topic with this record limit in bytes.
async fn narrow(pipeline: &Pipeline, limit: &'static str) -> Result<String> {
    let name = pipeline.endpoints().fresh_name("narrow").await?;
    pipeline.endpoints().create_topics(&[Topic::data(&name, 1).with("max.message.bytes", limit)]).await?;
    Ok(name)
}

#[tokio::test]
async fn a_replayed_order_over_the_message_limit_does_not_delay_others() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    let long = "long".repeat(2_000);
    pipeline.name(&[user("u")?, restaurant(&["tea", &long[..255]])?]).await?;
    let twenty = [&long[..255]; 20];
    let orders = [closed(1, "u", &["tea"]), closed(2, "u", &twenty), closed(3, "u", &["tea"])];
    pipeline.produce(&pipeline.source(Layer::Stg), orders.iter().map(Order::record)).await?;
    let stg = pipeline.service(Layer::Stg).start().await?;
    pipeline.wait_idle_up_to(&[Layer::Stg]).await?;
    stg.stop().await?;

    let narrow = narrow(&pipeline, "5000").await?;
    pipeline.rewind(Layer::Stg).await?;
    let stg = pipeline.service(Layer::Stg).env("KAFKA_DESTINATION_TOPIC", &narrow).start().await?;
    pipeline.wait_idle_up_to(&[Layer::Stg]).await?;
    let letters = pipeline.read(&pipeline.dead_letters(Layer::Stg)).await?;
    let [letter] = letters.as_slice() else { anyhow::bail!("{} dead letters", letters.len()) };
    assert_eq!((letter.header("reason").as_deref(), &letter.value), (Some("too-large"), &orders[1].record().value));
    assert_eq!(pipeline.read(&narrow).await?.len(), 2, "its neighbours were sent again");
    assert_eq!(pipeline.sql("SELECT object_id FROM stg.order_events ORDER BY 1").await?, ["1", "2", "3"]);
    stg.stop().await
}

#[tokio::test]
async fn the_name_of_a_counter_is_truncated_to_the_message_limit() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    let (mut order, _) = super::enriched::good(1);
    order["payload"]["products"][0]["name"] = json!("Чай".repeat(60_000));
    pipeline.produce(&pipeline.source(Layer::Dds), [Record::of(order.to_string())]).await?;
    let narrow = narrow(&pipeline, "100000").await?;
    let dds = pipeline.service(Layer::Dds).env("KAFKA_DESTINATION_TOPIC", &narrow).start().await?;
    let cdm = pipeline.service(Layer::Cdm).env("KAFKA_SOURCE_TOPIC", &narrow).start().await?;
    until("the counter has arrived", Duration::from_secs(30), async || {
        Ok(pipeline.sql("SELECT FROM cdm.user_product_counters").await?.len() == 1)
    })
    .await?;
    let told = "SELECT order_cnt, octet_length(product_name) FROM cdm.user_product_counters";
    let told = pipeline.sql(told).await?;
    let (count, bytes) = told.first().and_then(|row| row.split_once('|')).context("no counter")?;
    ensure!(count == "1" && (90_000..100_000).contains(&bytes.parse::<u32>()?), "{told:?}");
    pipeline.wait_idle_up_to(&[Layer::Dds]).await?;
    for service in [dds, cdm] {
        service.stop().await?;
    }
    Ok(())
}
