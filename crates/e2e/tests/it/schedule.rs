//! Working at ticks, by an interval or a cron line, ends where working continuously does.

use anyhow::Result;
use e2e::{Layer, Pipeline, Workload};

#[tokio::test]
async fn ticks_drain_everything() -> Result<()> {
    let week = Workload::dirty(41, 300);
    let (before, after) = week.events.split_at(week.events.len() / 2);
    let pipeline = Pipeline::start(2).await?;
    pipeline.name(&week.reference).await?;
    pipeline.load(before).await?;
    let _stg = pipeline.service(Layer::Stg).env("SCHEDULE", "1s").start().await?;
    let _dds = pipeline.service(Layer::Dds).env("SCHEDULE", "* * * * * *").start().await?;
    let _cdm = pipeline.service(Layer::Cdm).env("SCHEDULE", "1s").start().await?;
    pipeline.settled().await?;

    pipeline.load(after).await?;
    pipeline.settled().await?;
    pipeline.audit().await?;
    pipeline.assert_marts(&week.expected()).await
}
