//! Tests of outages during a load: a service waits for the dependency, stays in its group and stays healthy.

use std::collections::HashSet;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use devstack::{Options, Stack};
use harness::{Layer, Pipeline, Process, Record, Workload, until};
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use serde_json::Value;

/// Longer than the time after which a transaction counts as an outage.
const WAIT_TIMEOUT: Duration = Duration::from_secs(180);

/// A separate stack, a week of which half is loaded, and the three services.
struct Fixture {
    stack: Stack,
    pipeline: Pipeline,
    services: Vec<Process>,
    week: Workload,
}

impl Fixture {
    async fn start(seed: u64) -> Result<Self> {
        let stack = Stack::start(Options::for_tests()).await?;
        let pipeline = Pipeline::start_on(stack.endpoints(), 1).await?;
        let week = Workload::dirty(seed, 600);
        pipeline.name(&week.reference).await?;
        let services = pipeline.start_all().await?;
        let fixture = Self { stack, pipeline, services, week };
        fixture.pipeline.load(fixture.first_half()).await?;
        Ok(fixture)
    }

    fn first_half(&self) -> &[workload::source::Event] {
        &self.week.events[..self.week.events.len() / 2]
    }

    async fn load_the_rest(&self) -> Result<()> {
        self.pipeline.load(&self.week.events[self.week.events.len() / 2..]).await
    }

    /// Asserts that each of these services reports that it waits for `dependency`, after a number of attempts, and is
    /// healthy.
    async fn until_waiting(&self, layers: &[Layer], dependency: &str, attempts: u64) -> Result<()> {
        for layer in layers {
            let service = &self.services[*layer as usize];
            let what = format!("{} has tried {dependency} {attempts} times", layer.binary());
            until(&what, WAIT_TIMEOUT, async || {
                let (status, body) = service.get("/ready").await?;
                let readiness: Value = serde_json::from_str(&body)?;
                let reasons = readiness["reasons"].as_array().context("no reasons")?;
                let waits = |reason: &Value| {
                    let enough = reason["attempts"].as_u64().is_some_and(|made| made >= attempts);
                    reason["reason"] == "waiting-for" && reason["dependency"] == dependency && enough
                };
                Ok(status == 503 && reasons.iter().any(waits))
            })
            .await?;
            let (status, body) = service.get("/health").await?;
            ensure!(status == 200 && body == "healthy", "{} is not healthy: {body}", layer.binary());
        }
        Ok(())
    }

    /// Asserts that the week is complete, that no record was rejected because of the outage, and that the services have
    /// not restarted.
    async fn assert_all_is_well(&self) -> Result<()> {
        for service in &self.services {
            service.ready().await?;
        }
        self.pipeline.wait_idle().await?;
        self.pipeline.audit().await?;
        let expected = self.week.expected();
        for (layer, count) in Layer::ALL.into_iter().zip([expected.refused, 0, 0]) {
            // By source position: an outage during publishing may send one twice.
            let letters = self.pipeline.read(&self.pipeline.dead_letters(layer)).await?;
            let source = |letter: &Record| ["source-partition", "source-offset"].map(|name| letter.header(name));
            let letters = letters.iter().map(source).collect::<HashSet<_>>().len() as u64;
            ensure!(letters == count, "an outage made {letters} dead letters of {count} in {}", layer.binary());
        }
        self.pipeline.assert_marts(&expected).await
    }

    /// The members of each service's group according to the broker.
    fn members(&self) -> Result<Vec<String>> {
        let mut client = ClientConfig::new();
        client.set("bootstrap.servers", self.stack.endpoints().bootstrap_servers());
        let consumer: BaseConsumer = client.create()?;
        let mut members = Vec::new();
        for layer in Layer::ALL {
            let list = consumer.fetch_group_list(Some(&self.pipeline.group(layer)), Duration::from_secs(10))?;
            let group = list.groups().first().context("no such group")?;
            members.extend(group.members().iter().map(|member| member.id().to_owned()));
        }
        Ok(members)
    }
}

#[tokio::test]
async fn a_kill_of_postgres_is_waited_out() -> Result<()> {
    let fixture = Fixture::start(71).await?;
    let members = fixture.members()?;
    fixture.stack.postgres().kill().await?;
    fixture.load_the_rest().await?;
    fixture.until_waiting(&[Layer::Stg], "postgres", 5).await?;
    fixture.stack.postgres().start().await?;
    fixture.assert_all_is_well().await?;
    assert_eq!(fixture.members()?, members, "a member has left the group");
    Ok(())
}

#[tokio::test]
async fn a_silent_postgres_is_waited_out() -> Result<()> {
    let fixture = Fixture::start(72).await?;
    let members = fixture.members()?;
    fixture.stack.postgres().pause()?;
    fixture.load_the_rest().await?;
    fixture.until_waiting(&[Layer::Stg], "postgres", 1).await?;
    fixture.stack.postgres().resume()?;
    fixture.assert_all_is_well().await?;
    assert_eq!(fixture.members()?, members, "a member has left the group");
    Ok(())
}

#[tokio::test]
async fn an_outage_of_redis_is_waited_out() -> Result<()> {
    let fixture = Fixture::start(73).await?;
    let members = fixture.members()?;
    fixture.stack.redis().kill().await?;
    fixture.load_the_rest().await?;
    fixture.until_waiting(&[Layer::Stg], "redis", 5).await?;
    fixture.stack.redis().start().await?;
    fixture.assert_all_is_well().await?;
    assert_eq!(fixture.members()?, members, "a member has left the group");
    Ok(())
}

#[tokio::test]
async fn an_outage_of_kafka_is_waited_out() -> Result<()> {
    let fixture = Fixture::start(74).await?;
    fixture.stack.kafka().kill().await?;
    fixture.until_waiting(&Layer::ALL, "kafka", 1).await?;
    fixture.stack.kafka().start().await?;
    fixture.load_the_rest().await?;
    fixture.assert_all_is_well().await
}

#[tokio::test]
async fn an_outage_of_kafka_with_messages_to_publish_is_waited_out() -> Result<()> {
    let fixture = Fixture::start(75).await?;
    // A batch that cannot be stored yet; when it can, Kafka is down.
    fixture.stack.postgres().kill().await?;
    fixture.load_the_rest().await?;
    fixture.until_waiting(&[Layer::Stg], "postgres", 1).await?;
    fixture.stack.kafka().pause()?;
    fixture.stack.postgres().start().await?;
    fixture.until_waiting(&[Layer::Stg], "kafka", 1).await?;
    fixture.stack.kafka().resume()?;
    fixture.assert_all_is_well().await
}
