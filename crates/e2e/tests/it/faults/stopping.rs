//! SIGTERM ends a service in good order within its grace period (past it the exit code is 1), outage or not.

use std::time::Duration;

use anyhow::{Result, ensure};
use devstack::{Options, Stack};
use e2e::{Layer, Pipeline, Process, Workload, until};

#[tokio::test]
async fn in_the_middle_of_a_load() -> Result<()> {
    let week = Workload::dirty(91, 1_500);
    let pipeline = Pipeline::start(1).await?;
    pipeline.name(&week.reference).await?;
    // Small batches, so that the load outlasts the look at it.
    let spawn = |layer| pipeline.service(layer).env("BATCH_SIZE", "5").spawn();
    let services: Vec<Process> = Layer::ALL.into_iter().map(spawn).collect::<Result<_>>()?;
    pipeline.load(&week.events).await?;
    let begun = async || Ok(pipeline.committed(Layer::Cdm).await?[0] > 0);
    until("something has come through", Duration::from_secs(60), begun).await?;
    for service in &services {
        service.stop().await?;
    }
    let left = pipeline.committed(Layer::Stg).await?[0];
    ensure!(left < i64::try_from(week.events.len())?, "nothing was left to do: the load is too small");

    let _services = pipeline.start_all().await?;
    pipeline.settled().await?;
    pipeline.audit().await?;
    pipeline.assert_marts(&week.expected()).await
}

#[tokio::test]
async fn while_everything_is_away() -> Result<()> {
    let stack = Stack::start(Options::for_tests()).await?;
    let pipeline = Pipeline::start_on(stack.endpoints(), 1).await?;
    let week = Workload::dirty(92, 300);
    pipeline.name(&week.reference).await?;
    let spawn = |layer| pipeline.service(layer).env("SHUTDOWN_GRACE", "10s").spawn();
    let services: Vec<Process> = Layer::ALL.into_iter().map(spawn).collect::<Result<_>>()?;
    for service in &services {
        service.ready().await?;
    }
    tokio::try_join!(stack.postgres().kill(), stack.redis().kill())?;
    pipeline.load(&week.events).await?;
    let waits = async || Ok(services[0].get("/ready").await?.0 == 503);
    until("STG waits", Duration::from_secs(60), waits).await?;
    stack.kafka().kill().await?;
    for service in &services {
        service.stop().await?;
    }

    tokio::try_join!(stack.kafka().start(), stack.postgres().start(), stack.redis().start())?;
    let _services = pipeline.start_all().await?;
    pipeline.settled().await?;
    pipeline.audit().await?;
    pipeline.assert_marts(&week.expected()).await
}
