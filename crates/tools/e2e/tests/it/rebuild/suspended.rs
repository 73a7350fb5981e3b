//! Test of a process that was suspended with a batch in hand while a rebuild began.

use anyhow::{Result, ensure};
use harness::{Layer, until};

use super::{Before, Fixture, WAIT_TIMEOUT, phase, prepare};

#[tokio::test]
async fn a_process_suspended_since_before_a_rebuild_publishes_no_lower_counter() -> Result<()> {
    let mut fixture = Fixture::loaded(81, 400, 1).await?;
    fixture.take(Layer::Dds)?.stop().await?;

    // It dozes with a batch in hand, long enough to be put to sleep there. One batch at a time: the first is committed then.
    let read = fixture.pipeline.committed(Layer::Dds).await?[0];
    let dozing = fixture.pipeline.service(Layer::Dds).env("BATCH_SIZE", "10").env("BATCHES_IN_FLIGHT", "1");
    let zombie = dozing.env("FAILPOINTS", "received=1*off->1*sleep(3000)").spawn()?;
    fixture.load(20).await?;
    until("the first batch is committed", WAIT_TIMEOUT, async || {
        Ok(fixture.pipeline.committed(Layer::Dds).await?[0] > read)
    })
    .await?;
    fixture.pipeline.wait_idle_up_to(&[Layer::Stg]).await?;
    zombie.pause().await?;
    let dozed = fixture.pipeline.committed(Layer::Dds).await?[0];
    ensure!(dozed < fixture.pipeline.ends(&fixture.pipeline.source(Layer::Dds)).await?[0], "it has no batch in hand");
    fixture.pipeline.wait_idle_up_to(&[Layer::Cdm]).await?;

    prepare(&fixture.pipeline, Layer::Dds).await?;
    let before = Before::now(&fixture.pipeline).await?;
    let half = fixture.pipeline.service(Layer::Dds).env("BATCH_SIZE", "10").env("FAILPOINTS", "stored=5*off->return");
    half.spawn()?.wait().await?;
    ensure!(phase(&fixture.pipeline).await? == "replaying", "the replay is over");

    zombie.resume().await?;
    until("it has done its batch", WAIT_TIMEOUT, async || Ok(zombie.metric("tagmill_batches_total").await? >= 2.0))
        .await?;
    until("it has joined again and goes on", WAIT_TIMEOUT, async || Ok(phase(&fixture.pipeline).await? != "replaying"))
        .await?;
    fixture.finish().await?;
    before.assert_no_counter_decreased(&fixture.pipeline).await?;
    Ok(())
}
