//! Tests of graceful shutdown at any moment: a service finishes or abandons its batch within the grace period, commits,
//! and leaves its group.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use devstack::{Options, Stack};
use futures_util::future::try_join_all;
use harness::{Layer, Pipeline, Process, Workload, until};
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};

const WAIT_TIMEOUT: Duration = Duration::from_secs(180);

const ORDERS: u64 = 1_200;

/// Number of stops of all three services during the week.
const ROUNDS: u64 = 5;

/// Stops all services at once: each must exit with 0, which means within the grace period.
async fn stop_all(services: &[Process]) -> Result<()> {
    try_join_all(services.iter().map(Process::stop)).await?;
    Ok(())
}

/// Nobody is left in the groups: the next to come need not wait for anybody's session to end.
fn assert_left(pipeline: &Pipeline) -> Result<()> {
    let mut client = ClientConfig::new();
    client.set("bootstrap.servers", pipeline.endpoints().bootstrap_servers());
    let consumer: BaseConsumer = client.create()?;
    for layer in Layer::ALL {
        let list = consumer.fetch_group_list(Some(&pipeline.group(layer)), Duration::from_secs(10))?;
        let group = list.groups().first().context("no such group")?;
        ensure!(group.members().is_empty(), "{} has not left its group", layer.binary());
    }
    Ok(())
}

/// Every order occurs once, so a duplicate message of STG means that it was processed twice.
#[tokio::test]
async fn a_stop_at_any_moment_of_a_load_duplicates_nothing() -> Result<()> {
    let week = Workload::clean(71, ORDERS);
    let pipeline = Pipeline::start(2).await?;
    pipeline.name(&week.reference).await?;
    pipeline.load(&week.events).await?;
    let done = async |layer| anyhow::Ok(pipeline.committed(layer).await?.iter().sum::<i64>());
    for round in 0..ROUNDS {
        // Small batches, so that the load outlasts the looks at it.
        let start = |layer| pipeline.service(layer).env("BATCH_SIZE", "10").spawn();
        let services: Vec<Process> = Layer::ALL.into_iter().map(start).collect::<Result<_>>()?;
        // One of them decides when: somewhere in a batch, each time somewhere else.
        let layer = Layer::ALL[usize::try_from(round % 3)?];
        let enough = done(layer).await? + i64::try_from(round * 7919 % 211)?;
        until("a part is done", WAIT_TIMEOUT, async || Ok(done(layer).await? > enough)).await?;
        stop_all(&services).await?;
        assert_left(&pipeline)?;
    }
    ensure!(done(Layer::Cdm).await? < i64::try_from(ORDERS)?, "it was stopped too late to see anything");

    let _services = pipeline.start_all().await?;
    pipeline.wait_idle().await?;
    let sent = pipeline.read(&pipeline.destination(Layer::Stg)).await?.len() as u64;
    ensure!(sent == ORDERS, "{sent} messages about {ORDERS} orders");
    pipeline.audit().await?;
    pipeline.assert_marts(&week.expected()).await
}

/// Members join and leave while others leave.
#[tokio::test]
async fn a_stop_during_a_rebalance_is_graceful() -> Result<()> {
    let week = Workload::dirty(72, ORDERS / 2);
    let pipeline = Pipeline::start(3).await?;
    pipeline.name(&week.reference).await?;
    pipeline.load(&week.events).await?;
    let start = || Layer::ALL.into_iter().map(|layer| pipeline.service(layer).env("BATCH_SIZE", "10").spawn());
    let mut old: Vec<Process> = start().collect::<Result<_>>()?;
    let begun = async || Ok(pipeline.committed(Layer::Cdm).await?.iter().sum::<i64>() > 0);
    until("something has come through", WAIT_TIMEOUT, begun).await?;
    for _ in 0..3 {
        let young: Vec<Process> = start().collect::<Result<_>>()?;
        // They have connected to the broker by then; the time of their join is unknown.
        for service in &young {
            until("it listens", WAIT_TIMEOUT, async || Ok(service.get("/health").await.is_ok())).await?;
        }
        stop_all(&old).await?;
        old = young;
    }
    pipeline.wait_idle().await?;
    pipeline.audit().await?;
    pipeline.assert_marts(&week.expected()).await
}

/// A stack that is broken, and the services on it.
struct Fixture {
    stack: Stack,
    pipeline: Pipeline,
    week: Workload,
}

impl Fixture {
    /// A week, of which nothing is loaded.
    async fn start(seed: u64) -> Result<Self> {
        let stack = Stack::start(Options::for_tests()).await?;
        let pipeline = Pipeline::start_on(stack.endpoints(), 1).await?;
        let week = Workload::dirty(seed, 300);
        pipeline.name(&week.reference).await?;
        Ok(Self { stack, pipeline, week })
    }

    fn spawn(&self) -> Result<Vec<Process>> {
        // Parked orders are not looked at: it is to be caught with records in hand.
        let service = |layer| self.pipeline.service(layer).env("SHUTDOWN_GRACE", "8s").env("PARK_RETRY", "1h");
        Layer::ALL.into_iter().map(|layer| service(layer).spawn()).collect()
    }

    /// Starts the services and waits until they work.
    async fn working(&self) -> Result<Vec<Process>> {
        let services = self.spawn()?;
        for service in &services {
            service.ready().await?;
        }
        Ok(services)
    }

    /// Loads a third of the week.
    async fn load(&self, part: usize) -> Result<()> {
        let third = self.week.events.len().div_ceil(3);
        self.pipeline.load(self.week.events.chunks(third).nth(part).context("no such part")?).await
    }

    /// Asserts that the services work again and the week is complete.
    async fn assert_all_is_well(&self) -> Result<()> {
        let _services = self.pipeline.start_all().await?;
        self.pipeline.wait_idle().await?;
        self.pipeline.audit().await?;
        self.pipeline.assert_marts(&self.week.expected()).await
    }
}

/// Whether it is stuck in this step.
async fn until_stuck_in(service: &Process, step: &str) -> Result<()> {
    let what = format!("it is stuck while {step}");
    until(&what, WAIT_TIMEOUT, async || {
        let (_, page) = service.get("/metrics").await?;
        let line = page.lines().find(|line| line.starts_with("tagmill_step_seconds{") && line.contains(step));
        let seconds = line.and_then(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
        Ok(seconds.context("no such step")? > 0.5)
    })
    .await
}

#[tokio::test]
async fn a_stop_during_an_outage_or_the_start_is_graceful() -> Result<()> {
    let fixture = Fixture::start(73).await?;

    let services = fixture.working().await?;
    fixture.stack.postgres().pause()?;
    fixture.load(0).await?;
    until_stuck_in(&services[0], "storing").await?;
    stop_all(&services).await?;
    assert_left(&fixture.pipeline)?;
    fixture.stack.postgres().resume()?;

    let services = fixture.working().await?;
    let somebody = fixture.pipeline.database().await?;
    somebody.batch_execute("BEGIN; LOCK TABLE stg.order_events IN EXCLUSIVE MODE").await?;
    fixture.load(1).await?;
    until_stuck_in(&services[0], "storing").await?;
    fixture.stack.kafka().pause()?;
    somebody.batch_execute("COMMIT").await?;
    until_stuck_in(&services[0], "publishing").await?;
    let starting = fixture.spawn()?;
    for service in &starting {
        until("it listens", WAIT_TIMEOUT, async || Ok(service.get("/health").await.is_ok())).await?;
    }
    stop_all(&starting).await?;
    stop_all(&services).await?;
    fixture.stack.kafka().resume()?;

    let services = fixture.working().await?;
    fixture.stack.redis().kill().await?;
    fixture.load(2).await?;
    until("STG waits", WAIT_TIMEOUT, async || Ok(services[0].get("/ready").await?.0 == 503)).await?;
    stop_all(&services).await?;
    assert_left(&fixture.pipeline)?;
    fixture.stack.redis().start().await?;

    fixture.assert_all_is_well().await
}
