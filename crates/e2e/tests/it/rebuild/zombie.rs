//! A process that slept through the beginning of a rebuild wakes up with a batch in hand.

use anyhow::{Result, ensure};
use e2e::{Layer, until};

use super::{Before, LIMIT, Stage, phase, prepare};

#[tokio::test]
async fn who_slept_through_the_beginning_of_a_rebuild_tells_no_low_number() -> Result<()> {
    let mut stage = Stage::loaded(81, 400, 1).await?;
    stage.take(Layer::Dds)?.stop().await?;

    // It dozes with a batch in hand, long enough to be put to sleep there. One batch at a time: the first is committed then.
    let read = stage.pipeline.committed(Layer::Dds).await?[0];
    let dozing = stage.pipeline.service(Layer::Dds).env("BATCH_SIZE", "10").env("BATCHES_IN_FLIGHT", "1");
    let zombie = dozing.env("FAILPOINTS", "received=1*off->1*sleep(3000)").spawn()?;
    stage.load(20).await?;
    until("the first batch is committed", LIMIT, async || Ok(stage.pipeline.committed(Layer::Dds).await?[0] > read))
        .await?;
    stage.pipeline.settled_up_to(&[Layer::Stg]).await?;
    zombie.pause().await?;
    let dozed = stage.pipeline.committed(Layer::Dds).await?[0];
    ensure!(dozed < stage.pipeline.ends(&stage.pipeline.source(Layer::Dds)).await?[0], "it has no batch in hand");
    stage.pipeline.settled_up_to(&[Layer::Cdm]).await?;

    prepare(&stage.pipeline, Layer::Dds).await?;
    let before = Before::now(&stage.pipeline).await?;
    let half = stage.pipeline.service(Layer::Dds).env("BATCH_SIZE", "10").env("FAILPOINTS", "stored=5*off->return");
    half.spawn()?.wait().await?;
    ensure!(phase(&stage.pipeline).await? == "replaying", "the replay is over");

    zombie.resume().await?;
    until("it has done its batch", LIMIT, async || Ok(zombie.metric("tagmill_batches_total").await? >= 2.0)).await?;
    until("it has joined again and goes on", LIMIT, async || Ok(phase(&stage.pipeline).await? != "replaying")).await?;
    stage.finish().await?;
    before.assert_nothing_less_was_told(&stage.pipeline).await?;
    Ok(())
}
