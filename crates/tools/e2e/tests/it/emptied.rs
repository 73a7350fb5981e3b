//! Tests of a truncated schema: it is filled again from its topic, and later orders are correct.

use std::collections::HashSet;

use anyhow::{Result, ensure};
use harness::{Layer, Pipeline, Workload};

/// Records in a microbatch of the replay.
const BATCH: usize = 100;

#[tokio::test]
async fn a_truncated_vault_is_filled_again() -> Result<()> {
    let week = Workload::dirty(21, 800);
    let (before, after) = week.events.split_at(week.events.len() * 3 / 4);
    let pipeline = Pipeline::start(1).await?;
    pipeline.name(&week.reference).await?;
    pipeline.load(before).await?;
    let services = pipeline.start_all().await?;
    pipeline.wait_idle().await?;
    pipeline.assert_marts(&week.expected_of(before)).await?;

    services[1].stop().await?;
    pipeline.truncate(Layer::Dds).await?;
    pipeline.rewind(Layer::Dds).await?;
    assert_versions_share_a_batch(&pipeline).await?;
    let _dds = pipeline.service(Layer::Dds).env("BATCH_SIZE", BATCH.to_string()).start().await?;
    pipeline.wait_idle().await?;
    pipeline.audit().await?;
    pipeline.assert_marts(&week.expected_of(before)).await?;

    pipeline.load(after).await?;
    pipeline.wait_idle().await?;
    pipeline.audit().await?;
    pipeline.assert_marts(&week.expected()).await
}

#[tokio::test]
async fn truncated_marts_are_filled_again() -> Result<()> {
    let week = Workload::dirty(22, 300);
    let (before, after) = week.events.split_at(week.events.len() * 3 / 4);
    let pipeline = Pipeline::start(1).await?;
    pipeline.name(&week.reference).await?;
    pipeline.load(before).await?;
    let services = pipeline.start_all().await?;
    pipeline.wait_idle().await?;

    services[2].stop().await?;
    pipeline.truncate(Layer::Cdm).await?;
    pipeline.rewind(Layer::Cdm).await?;
    let _cdm = pipeline.service(Layer::Cdm).start().await?;
    pipeline.load(after).await?;
    pipeline.wait_idle().await?;
    pipeline.audit().await?;
    pipeline.assert_marts(&week.expected()).await
}

/// The replay is only worth its name if a batch meets an order more than once, whole batches as DDS cuts them.
async fn assert_versions_share_a_batch(pipeline: &Pipeline) -> Result<()> {
    let mut shared = 0;
    for batch in pipeline.read(&pipeline.source(Layer::Dds)).await?.chunks(BATCH) {
        let orders: HashSet<String> =
            batch.iter().map(|record| Ok(record.json()?["object_id"].to_string())).collect::<Result<_>>()?;
        shared += batch.len() - orders.len();
    }
    ensure!(shared > BATCH, "only {shared} versions share a batch with another of their order");
    Ok(())
}
