//! Tests of rebuilds: a layer is rebuilt from its topic while it is read and while orders arrive.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use harness::{Layer, Pipeline, Process, Workload, until};
use orders::keys;

mod vault;
mod marts;
mod refused;
mod interrupted;
mod markers;
mod suspended;

/// Time limit of a rebuild in a test, including the session timeout of killed members.
const WAIT_TIMEOUT: Duration = Duration::from_secs(180);

/// A pipeline that has read a first part of a week. Its orders never lose anything, so that no counter has a reason to
/// fall.
struct Fixture {
    pipeline: Pipeline,
    week: Workload,
    /// Number of events loaded.
    loaded: usize,
    services: BTreeMap<Layer, Process>,
}

impl Fixture {
    async fn loaded(seed: u64, orders: u64, partitions: i32) -> Result<Self> {
        let week = Workload::clean(seed, orders);
        let pipeline = Pipeline::start(partitions).await?;
        pipeline.name(&week.reference).await?;
        let services = Layer::ALL.into_iter().zip(pipeline.start_all().await?).collect();
        let mut fixture = Self { pipeline, week, loaded: 0, services };
        fixture.load(fixture.week.events.len() * 3 / 4).await?;
        fixture.pipeline.wait_idle().await?;
        fixture.assert_right().await?;
        Ok(fixture)
    }

    /// Loads more events, if any are left.
    async fn load(&mut self, events: usize) -> Result<()> {
        let end = self.week.events.len().min(self.loaded + events);
        self.pipeline.load(&self.week.events[self.loaded..end]).await?;
        self.loaded = end;
        Ok(())
    }

    /// Removes the service of a layer from the fixture and returns it.
    fn take(&mut self, layer: Layer) -> Result<Process> {
        self.services.remove(&layer).ok_or_else(|| anyhow::anyhow!("{} does not run", layer.binary()))
    }

    /// Stops the service of a layer and prepares a rebuild.
    async fn prepare(&mut self, layer: Layer) -> Result<()> {
        self.take(layer)?.stop().await?;
        prepare(&self.pipeline, layer).await
    }

    /// Waits for the end of the rebuild, and loads the rest.
    async fn finish(&mut self) -> Result<()> {
        until("the rebuild is complete", WAIT_TIMEOUT, async || Ok(phase(&self.pipeline).await?.is_empty())).await?;
        self.load(self.week.events.len()).await?;
        self.pipeline.wait_idle().await?;
        self.assert_right().await
    }

    async fn assert_right(&self) -> Result<()> {
        self.pipeline.audit().await?;
        self.assert_no_tag_was_invented().await?;
        self.pipeline.assert_marts(&self.week.expected_of(&self.week.events[..self.loaded])).await
    }
}

impl Fixture {
    /// No counter has a reason to fall, so a tag that was taken back, or assigned twice, came of the rebuild.
    async fn assert_no_tag_was_invented(&self) -> Result<()> {
        let published = self.pipeline.assert_tags_are_published().await?;
        ensure!(published.events > 5, "only {} tags", published.events);
        let invented = "SELECT * FROM cdm.user_tag_events WHERE action <> 'assigned' OR change_no > 1";
        let invented = self.pipeline.sql(invented).await?;
        ensure!(invented.is_empty(), "{} changes of tags were invented: {:?}", invented.len(), invented.first());
        Ok(())
    }
}

/// Runs the command, and waits for the session timeout of killed members.
async fn prepare(pipeline: &Pipeline, layer: Layer) -> Result<()> {
    until("the group lets the rebuild begin", Duration::from_secs(20), async || {
        let output = pipeline.service(layer).run(&["rebuild", "--yes"]).await?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        match output.status.code() {
            Some(0) => Ok(true),
            Some(69) if said.contains("has members") => Ok(false),
            _ => bail!("rebuild: {}: {said}", output.status),
        }
    })
    .await?;
    ensure!(phase(pipeline).await? == "replaying", "nothing notes the rebuild");
    Ok(())
}

/// The phase of the rebuild under way; nothing without one.
async fn phase(pipeline: &Pipeline) -> Result<String> {
    Ok(pipeline.sql("SELECT phase FROM public.tagmill_rebuilds").await?.concat())
}

/// A counter, by the keys of the user and of the product or category.
type Counts = BTreeMap<(String, String), i64>;

const COUNTS: &str = "SELECT user_id, product_id, order_cnt FROM cdm.user_product_counters
                      UNION ALL SELECT user_id, category_id, order_cnt FROM cdm.user_category_counters";

fn counts(rows: &[String]) -> Result<Counts> {
    let count = |row: &String| {
        let [user, subject, count] = row.split('|').collect::<Vec<_>>()[..] else { bail!("{row} is no counter") };
        Ok(((user.to_owned(), subject.to_owned()), count.parse()?))
    };
    rows.iter().map(count).collect()
}

/// Content of the marts at some time, and the end offsets of their topic.
struct Before {
    counts: Counts,
    ends: Vec<i64>,
}

impl Before {
    async fn now(pipeline: &Pipeline) -> Result<Self> {
        let counts = counts(&pipeline.sql(COUNTS).await?)?;
        ensure!(counts.len() > 20, "only {} counters", counts.len());
        Ok(Self { counts, ends: pipeline.ends(&pipeline.source(Layer::Cdm)).await? })
    }

    /// Asserts that every counter was published since, and none with a lower number than then. Returns the number of
    /// messages.
    async fn assert_no_counter_decreased(&self, pipeline: &Pipeline) -> Result<usize> {
        let mut messages = 0;
        let mut silent: Counts = self.counts.clone();
        for message in pipeline.read(&pipeline.source(Layer::Cdm)).await? {
            let partition = usize::try_from(message.partition.unwrap_or_default())?;
            if message.offset < self.ends[partition] {
                continue;
            }
            messages += 1;
            let counters = orders::counters::read(message.value.as_deref(), None)
                .map_err(|unusable| anyhow::anyhow!("an unreadable message was published: {unusable:?}"))?;
            let user = keys::user(&counters.user_id).to_string();
            for (subject, counter) in counters.products.into_iter().chain(counters.categories) {
                let key = (user.clone(), keys::hub(&subject).to_string());
                silent.remove(&key);
                let known = self.counts.get(&key).copied().unwrap_or_default();
                let now = i64::from(counter.order_cnt);
                ensure!(now >= known, "{key:?} was {known}, and offset {} says {now}", message.offset);
            }
        }
        ensure!(silent.is_empty(), "nothing was said of {} counters: {:?}", silent.len(), silent.first_key_value());
        Ok(messages)
    }
}
