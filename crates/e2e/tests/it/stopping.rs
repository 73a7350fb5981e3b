//! A service that is told to stop finishes its batch, commits it and leaves its group.

use std::time::Duration;

use anyhow::{Result, ensure};
use e2e::{Layer, Pipeline, Workload, until};

const ORDERS: u64 = 600;

/// Every order comes once, so whatever is sent twice was done twice.
#[tokio::test]
async fn stopping_in_the_middle_does_nothing_twice() -> Result<()> {
    let week = Workload::clean(71, ORDERS);
    let pipeline = Pipeline::start(2).await?;
    pipeline.name(&week.reference).await?;
    pipeline.load(&week.events).await?;
    for part in 1..=3 {
        let stg = pipeline.service(Layer::Stg).env("BATCH_SIZE", "10").start().await?;
        let enough = ORDERS / 6 * part;
        let stored = async || Ok(pipeline.count("SELECT count(*) FROM stg.order_events").await? >= enough);
        until("enough orders are stored", Duration::from_secs(60), stored).await?;
        stg.stop().await?;
        let left = pipeline.committed(Layer::Stg).await? != pipeline.ends(&pipeline.source(Layer::Stg)).await?;
        ensure!(left, "it was stopped too late to see anything");
    }
    let _stg = pipeline.service(Layer::Stg).start().await?;
    pipeline.settled_up_to(&[Layer::Stg]).await?;
    let sent = pipeline.read(&pipeline.source(Layer::Dds)).await?.len() as u64;
    ensure!(sent == ORDERS, "{sent} messages about {ORDERS} orders");
    Ok(())
}
