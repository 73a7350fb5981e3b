//! Tests of a start without dependencies: a service waits, reports what it waits for, and works when all are up.

use std::time::Duration;

use anyhow::{Result, ensure};
use devstack::{Options, Stack};
use harness::{Layer, Pipeline, Process, Workload, until};

#[tokio::test]
async fn services_wait_for_all_dependencies_at_the_start() -> Result<()> {
    let stack = Stack::start(Options::for_tests()).await?;
    let pipeline = Pipeline::start_on(stack.endpoints(), 1).await?;
    let week = Workload::dirty(81, 100);
    pipeline.name(&week.reference).await?;
    pipeline.load(&week.events).await?;
    tokio::try_join!(stack.kafka().stop(), stack.postgres().stop(), stack.redis().stop())?;

    let services: Vec<Process> =
        Layer::ALL.into_iter().map(|layer| pipeline.service(layer).spawn()).collect::<Result<_>>()?;
    until_all_wait_for(&services, "kafka").await?;
    stack.kafka().start().await?;
    until_all_wait_for(&services, "postgres").await?;
    stack.postgres().start().await?;
    until_all_wait_for(&services[..1], "redis").await?;
    stack.redis().start().await?;

    for service in &services {
        service.ready().await?;
    }
    pipeline.wait_idle().await?;
    pipeline.audit().await?;
    pipeline.assert_marts(&week.expected()).await
}

async fn until_all_wait_for(services: &[Process], dependency: &str) -> Result<()> {
    for service in services {
        let what = format!("a service says that it waits for {dependency}");
        until(&what, Duration::from_secs(180), async || {
            ensure!(service.is_running().await?, "it ended instead of waiting for {dependency}:\n{}", service.log()?);
            let Ok((status, body)) = service.get("/ready").await else { return Ok(false) };
            Ok(status == 503 && body.contains(&format!("\"dependency\":\"{dependency}\"")))
        })
        .await?;
        let (status, _) = service.get("/health").await?;
        ensure!(status == 200, "waiting is not healthy");
    }
    Ok(())
}
