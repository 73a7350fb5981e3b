//! Tests of parked orders: an order without names waits, is reported, and is sent exactly once.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::{Layer, Pipeline, Process, Record, until};
use orders::NO_CATEGORY;

use crate::story::{Order, closed, restaurant, user};

const SOON: Duration = Duration::from_secs(30);

/// A pipeline with only STG running, and with parked orders.
struct Fixture {
    pipeline: Pipeline,
    stg: Process,
}

impl Fixture {
    /// With a menu of tea, one user `u`, and a maximum parking time.
    async fn start(park_max_age: &str) -> Result<Self> {
        let pipeline = Pipeline::start(1).await?;
        pipeline.name(&[user("u")?, restaurant(&["tea"])?]).await?;
        let stg = pipeline.service(Layer::Stg).env("PARK_MAX_AGE", park_max_age).start().await?;
        Ok(Self { pipeline, stg })
    }

    async fn receive(&self, orders: &[Order<'_>]) -> Result<()> {
        let topic = self.pipeline.source(Layer::Stg);
        self.pipeline.produce(&topic, orders.iter().map(Order::record)).await?;
        self.pipeline.wait_idle_up_to(&[Layer::Stg]).await
    }

    async fn sent(&self) -> Result<Vec<Record>> {
        self.pipeline.read(&self.pipeline.source(Layer::Dds)).await
    }

    /// The orders sent, including repetitions.
    async fn sent_ids(&self) -> Result<Vec<i64>> {
        let id = |record: &Record| record.json()?["object_id"].as_i64().context("no object_id");
        let mut ids: Vec<i64> = self.sent().await?.iter().map(id).collect::<Result<_>>()?;
        ids.sort_unstable();
        Ok(ids)
    }

    /// Whether it has counted: a missing metric reads as 0.
    async fn counted(&self) -> Result<bool> {
        Ok(self.stg.get("/metrics").await?.1.contains("\ntagmill_parked_orders{"))
    }

    async fn until_parked(&self, count: u64) -> Result<()> {
        let what = format!("{count} orders are parked and all others sent");
        until(&what, SOON, async || Ok((self.pipeline.parked().await?, self.pipeline.unsent().await?) == (count, 0)))
            .await?;
        let what = format!("the metric says that {count} orders are parked");
        until(&what, SOON, async || {
            let counted = self.stg.metric("tagmill_parked_orders").await?;
            Ok(self.counted().await? && counted == f64::from(u32::try_from(count)?))
        })
        .await
    }
}

#[tokio::test]
async fn an_order_is_parked_until_its_names_are_available() -> Result<()> {
    let fixture = Fixture::start("24h").await?;
    fixture.receive(&[closed(1, "late", &["tea"]), closed(2, "u", &["tea", "cake"]), closed(3, "u", &["tea"])]).await?;
    fixture.until_parked(2).await?;
    ensure!(fixture.sent_ids().await? == [3], "an order went on without its names");
    let stored = fixture.pipeline.sql("SELECT payload FROM stg.order_events WHERE object_id = 1").await?;
    let received = closed(1, "late", &["tea"]).message()["payload"].to_string();
    ensure!(stored == [received], "the raw event is not as it came: {stored:?}");

    fixture.pipeline.name(&[user("late")?]).await?;
    fixture.until_parked(1).await?;
    fixture.pipeline.name(&[restaurant(&["tea", "cake"])?]).await?;
    fixture.until_parked(0).await?;
    assert_eq!(fixture.sent_ids().await?, [1, 2, 3]);
    let late = fixture.sent().await?.into_iter().find(|record| record.key.as_deref() == Some(b"late"));
    assert_eq!(late.context("the late user's order")?.json()?["payload"]["user"]["name"], "Имя late");
    Ok(())
}

#[tokio::test]
async fn an_order_is_parked_until_its_restaurant_is_available() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    pipeline.name(&[user("u")?]).await?;
    let stg = pipeline.service(Layer::Stg).start().await?;
    let fixture = Fixture { pipeline, stg };
    fixture.receive(&[closed(1, "u", &["tea"])]).await?;
    fixture.until_parked(1).await?;
    ensure!(fixture.sent().await?.is_empty(), "an order went on without its restaurant");
    fixture.pipeline.name(&[restaurant(&["tea"])?]).await?;
    fixture.until_parked(0).await?;
    assert_eq!(fixture.sent_ids().await?, [1]);
    Ok(())
}

/// Redis has a value that is not a name: `parked list` and a metric report the defect.
#[tokio::test]
async fn a_value_of_the_wrong_type_in_redis_is_reported() -> Result<()> {
    let fixture = Fixture::start("24h").await?;
    let wrong = async || {
        let (_, page) = fixture.stg.get("/metrics").await?;
        let mut lines = page.lines().filter(|line| line.starts_with("tagmill_name_lookups_total{"));
        let line = lines.find(|line| line.contains("result=\"wrong-type\"")).context("no counter")?;
        Ok::<f64, anyhow::Error>(line.rsplit(' ').next().context("no value")?.parse()?)
    };
    ensure!(wrong().await? == 0.0, "the counter is not there from the start");
    let mut redis = fixture.pipeline.redis().await?;
    redis::cmd("HSET").arg("hash").arg("name").arg("Анна").exec_async(&mut redis).await?;
    fixture.receive(&[closed(1, "hash", &["tea"])]).await?;
    fixture.until_parked(1).await?;
    until("the metric tells of it", SOON, async || Ok(wrong().await? > 0.0)).await?;
    for (arguments, expected) in [
        (["parked", "list", "--json"], r#""reason":"wrong-type","detail":"Redis holds a hash, not a string""#),
        (["parked", "list", "--by-name"], "Redis holds a hash"),
    ] {
        let listed = fixture.pipeline.service(Layer::Stg).run(&arguments).await?;
        let said = String::from_utf8(listed.stdout)?;
        ensure!(said.contains(expected), "{arguments:?}: {said}");
    }
    Ok(())
}

#[tokio::test]
async fn a_newer_event_replaces_a_parked_order() -> Result<()> {
    let fixture = Fixture::start("24h").await?;
    let waiting = closed(1, "u", &["cake"]);
    fixture.receive(&[waiting]).await?;
    fixture.until_parked(1).await?;
    fixture.receive(&[Order { minute: 1, ..closed(1, "u", &["tea"]) }]).await?;
    fixture.until_parked(0).await?;
    fixture.pipeline.name(&[restaurant(&["tea", "cake"])?]).await?;
    fixture.receive(&[closed(2, "u", &["cake"]), waiting]).await?;
    fixture.until_parked(0).await?;
    let sent = fixture.sent().await?;
    let newest: Vec<_> = sent.iter().map(Record::json).collect::<Result<_>>()?;
    ensure!(newest.iter().filter(|order| order["object_id"] == 1).count() == 1, "order 1 went on more than once");
    ensure!(newest.iter().all(|order| order["object_id"] != 1 || order["payload"]["products"][0]["id"] == "tea"));
    Ok(())
}

#[tokio::test]
async fn the_wait_for_a_product_is_limited_and_that_for_a_user_is_not() -> Result<()> {
    let fixture = Fixture::start("1s").await?;
    fixture.receive(&[closed(1, "u", &["tea", "cake"]), closed(2, "nobody", &["cake"])]).await?;
    fixture.until_parked(1).await?;
    let sent = fixture.sent().await?;
    let [order] = sent.as_slice() else { anyhow::bail!("{sent:?}") };
    let products = order.json()?["payload"]["products"].clone();
    assert_eq!((&products[0]["category"], &products[1]["category"]), (&"Раздел tea".into(), &NO_CATEGORY.into()));
    assert_eq!(products[1]["name"], "Свежий cake");

    fixture.pipeline.name(&[user("nobody")?]).await?;
    fixture.until_parked(0).await?;
    assert_eq!(fixture.sent_ids().await?, [1, 2]);
    Ok(())
}
