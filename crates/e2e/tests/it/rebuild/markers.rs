//! Rebuild from a topic that ends in transaction markers.

use anyhow::Result;
use e2e::Layer;

use super::Stage;

#[tokio::test]
async fn topics_that_end_in_transaction_markers_are_read_to_their_ends() -> Result<()> {
    let mut stage = Stage::loaded(74, 300, 2).await?;
    for layer in [Layer::Dds, Layer::Cdm] {
        stage.pipeline.end_in_markers(&stage.pipeline.source(layer)).await?;
    }
    stage.pipeline.settled().await?; // no lag is left at rest
    for layer in [Layer::Dds, Layer::Cdm] {
        stage.prepare(layer).await?;
        stage.services.insert(layer, stage.pipeline.service(layer).start().await?);
        stage.finish().await?;
    }
    Ok(())
}
