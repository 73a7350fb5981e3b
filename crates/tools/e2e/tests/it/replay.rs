//! Tests of replays: reading any topic again changes no byte in the database and publishes no wrong number.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::{Layer, Pipeline, Process, Record, Workload, until};
use orders::keys;

/// Tables that are empty when idle: no order waits for a name.
const EMPTY: [&str; 1] = ["stg.missing_names"];

#[tokio::test]
async fn a_replay_of_any_topic_changes_nothing() -> Result<()> {
    let mut fixture = Fixture::loaded(11).await?;
    fixture.replay_everything().await
}

#[tokio::test]
async fn a_replay_changes_nothing_even_if_names_in_redis_have_changed() -> Result<()> {
    let mut fixture = Fixture::loaded(12).await?;
    fixture.pipeline.rename_everything().await?;
    fixture.replay_everything().await
}

/// A pipeline with everything loaded, and its three services.
struct Fixture {
    services: BTreeMap<Layer, Process>,
    pipeline: Pipeline,
}

impl Fixture {
    /// Some names are added late, so that some orders were parked.
    async fn loaded(seed: u64) -> Result<Self> {
        let week = Workload::dirty(seed, 1_500);
        let (late, early) = week.reference.split_last().context("no reference")?;
        let pipeline = Pipeline::start(1).await?;
        pipeline.name(early).await?;
        pipeline.load(&week.events).await?;
        let services = Layer::ALL.into_iter().zip(pipeline.start_all().await?).collect();
        pipeline.wait_idle().await?;
        ensure!(pipeline.parked().await? > 0, "no order waits for the user {}", late.id);
        pipeline.name(std::slice::from_ref(late)).await?;
        let freed = async || Ok(pipeline.parked().await? == 0);
        until("the parked orders are free", Duration::from_secs(30), freed).await?;
        pipeline.wait_idle().await?;

        pipeline.audit().await?;
        let expected = week.expected();
        pipeline.assert_marts(&expected).await?;
        let refused = pipeline.read(&pipeline.dead_letters(Layer::Stg)).await?.len() as u64;
        ensure!(refused == expected.refused, "{refused} dead letters instead of {}", expected.refused);
        Ok(Self { services, pipeline })
    }

    /// Replays one topic after the other, looking at everything after each.
    async fn replay_everything(&mut self) -> Result<()> {
        let before = self.pipeline.snapshot().await?;
        let tags = self.pipeline.assert_tags_are_published().await?;
        before.assert_filled_but(&EMPTY)?;
        for layer in Layer::ALL {
            let told = self.pipeline.ends(&self.pipeline.source(Layer::Cdm)).await?[0];
            self.replay(layer).await?;
            let replayed = format!("after {} has read its topic again", layer.binary());
            before.assert_same(&self.pipeline.snapshot().await?).context(replayed)?;
            let again = assert_counters_are_right(&self.pipeline, told).await?;
            ensure!((again == 0) == (layer == Layer::Cdm), "{again} messages for CDM came of it");
        }
        let published = self.pipeline.assert_tags_are_published().await?;
        ensure!(published == tags, "{published:?} tag events are published, and {tags:?} before");
        assert_repeats_are_alike(&self.pipeline).await
    }

    async fn replay(&mut self, layer: Layer) -> Result<()> {
        let service = self.services.remove(&layer).context("it does not run")?;
        service.stop().await?;
        self.pipeline.rewind(layer).await?;
        self.services.insert(layer, self.pipeline.service(layer).start().await?);
        self.pipeline.wait_idle().await
    }
}

/// Two messages about one version of an order are identical; some orders have been sent about four times by now.
async fn assert_repeats_are_alike(pipeline: &Pipeline) -> Result<()> {
    let mut first = HashMap::new();
    let mut repeats = 0;
    for message in pipeline.read(&pipeline.source(Layer::Dds)).await? {
        let json = message.json()?;
        let version = (json["object_id"].to_string(), json["payload"]["version"].to_string());
        let said = (message.key, message.value);
        match first.get(&version) {
            None => drop(first.insert(version, said)),
            Some(earlier) if *earlier == said => repeats += 1,
            Some(_) => anyhow::bail!("order {} is published with different bytes the second time", version.0),
        }
    }
    ensure!(repeats > 1_000, "only {repeats} repeats");
    Ok(())
}

/// Name, count and version of a counter, by the keys of the user and of the product or category.
type Said = HashMap<(String, String), (String, i64, i64)>;

/// The newest message about a counter equals the marts. So does every message from `offset` on, because nothing has
/// changed since. Returns the number of messages from `offset` on.
async fn assert_counters_are_right(pipeline: &Pipeline, offset: i64) -> Result<usize> {
    let marts = marts(pipeline).await?;
    let mut newest = Said::new();
    let mut later = 0;
    for message in pipeline.read(&pipeline.source(Layer::Cdm)).await? {
        let said = read(&message)?;
        if message.offset >= offset {
            later += 1;
            for (counter, value) in &said {
                ensure!(
                    marts.get(counter) == Some(value),
                    "{counter:?}: published {value:?}, not {:?}",
                    marts.get(counter)
                );
            }
        }
        for (counter, value) in said {
            let known = newest.entry(counter.clone()).or_insert_with(|| value.clone());
            ensure!(known.2 != value.2 || *known == value, "{counter:?}: one version, two values");
            if known.2 < value.2 {
                *known = value;
            }
        }
    }
    ensure!(newest == marts, "the newest messages are not what the marts hold");
    Ok(later)
}

async fn marts(pipeline: &Pipeline) -> Result<Said> {
    let rows = "SELECT user_id, product_id, order_cnt, version, product_name FROM cdm.user_product_counters
                UNION ALL
                SELECT user_id, category_id, order_cnt, version, category_name FROM cdm.user_category_counters";
    let mut marts = Said::new();
    for row in pipeline.sql(rows).await? {
        let [user, subject, count, version, name] = row.splitn(5, '|').collect::<Vec<_>>()[..] else { continue };
        marts.insert((user.to_owned(), subject.to_owned()), (name.to_owned(), count.parse()?, version.parse()?));
    }
    Ok(marts)
}

fn read(message: &Record) -> Result<Said> {
    let counters = orders::counters::read(message.value.as_deref(), None)
        .map_err(|unusable| anyhow::anyhow!("DDS has published an unreadable message: {unusable:?}"))?;
    let user = keys::user(&counters.user_id).to_string();
    let all = counters.products.into_iter().chain(counters.categories);
    let said = all.map(|(subject, counter)| {
        let key = (user.clone(), keys::hub(&subject).to_string());
        (key, (counter.name, i64::from(counter.order_cnt), counter.version))
    });
    Ok(said.collect())
}
