//! Tests of SIGTERM: a service stops within its grace period (otherwise the exit code is 1), also during an outage.

use std::time::Duration;

use anyhow::Result;
use devstack::{Options, Stack};
use harness::{Layer, Pipeline, Process, Workload, until};

#[tokio::test]
async fn services_stop_within_the_grace_period_during_an_outage_of_everything() -> Result<()> {
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
    until("STG waits", Duration::from_secs(180), waits).await?;
    stack.kafka().kill().await?;
    for service in &services {
        service.stop().await?;
    }

    tokio::try_join!(stack.kafka().start(), stack.postgres().start(), stack.redis().start())?;
    let _services = pipeline.start_all().await?;
    pipeline.wait_idle().await?;
    pipeline.audit().await?;
    pipeline.assert_marts(&week.expected()).await
}
