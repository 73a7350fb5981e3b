//! Tests of schedules: an interval or a cron line ends in the same state as continuous work.

use std::time::Duration;

use anyhow::Result;
use harness::{Layer, Pipeline, Workload, until};
use tokio::time::sleep;

/// Five ticks are missed: a gap, not a late tick.
const FROZEN: Duration = Duration::from_secs(5);

#[tokio::test]
async fn ticks_process_all_records() -> Result<()> {
    let week = Workload::dirty(41, 300);
    let (before, after) = week.events.split_at(week.events.len() / 2);
    let pipeline = Pipeline::start(2).await?;
    pipeline.name(&week.reference).await?;
    pipeline.load(before).await?;
    let _stg = pipeline.service(Layer::Stg).env("SCHEDULE", "1s").start().await?;
    let _dds = pipeline.service(Layer::Dds).env("SCHEDULE", "* * * * * *").start().await?;
    let _cdm = pipeline.service(Layer::Cdm).env("SCHEDULE", "1s").start().await?;
    pipeline.wait_idle().await?;

    pipeline.load(after).await?;
    pipeline.wait_idle().await?;
    pipeline.audit().await?;
    pipeline.assert_marts(&week.expected()).await
}

#[tokio::test]
async fn a_process_suspended_for_many_ticks_continues() -> Result<()> {
    let week = Workload::dirty(67, 60);
    let (before, after) = week.events.split_at(week.events.len() / 2);
    let pipeline = Pipeline::start(1).await?;
    pipeline.name(&week.reference).await?;
    let stg = pipeline.service(Layer::Stg).env("SCHEDULE", "1s").start().await?;
    stg.pause().await?;
    sleep(FROZEN).await;
    stg.resume().await?;
    // The first tick is due at once; it cannot process both loads.
    for events in [before, after] {
        pipeline.load(events).await?;
        pipeline.wait_idle_up_to(&[Layer::Stg]).await?;
    }
    Ok(())
}

#[tokio::test]
async fn members_that_read_once_a_second_share_the_partitions() -> Result<()> {
    let pipeline = Pipeline::start(2).await?;
    let first = pipeline.service(Layer::Stg).env("SCHEDULE", "1s").start().await?;
    let second = pipeline.service(Layer::Stg).env("SCHEDULE", "1s").start().await?;
    until("each has one of the two partitions", Duration::from_secs(180), async || {
        let (one, other) =
            (first.metric("tagmill_assigned_partitions").await?, second.metric("tagmill_assigned_partitions").await?);
        Ok(one.min(other) >= 1.0)
    })
    .await
}
