//! Test of a rebuild from a topic that ends in transaction markers.

use anyhow::Result;
use harness::Layer;

use super::Fixture;

#[tokio::test]
async fn topics_that_end_in_transaction_markers_are_read_to_their_ends() -> Result<()> {
    let mut fixture = Fixture::loaded(74, 300, 2).await?;
    for layer in [Layer::Dds, Layer::Cdm] {
        fixture.pipeline.end_in_markers(&fixture.pipeline.source(layer)).await?;
    }
    fixture.pipeline.wait_idle().await?; // no lag is left at rest
    for layer in [Layer::Dds, Layer::Cdm] {
        fixture.prepare(layer).await?;
        fixture.services.insert(layer, fixture.pipeline.service(layer).start().await?);
        fixture.finish().await?;
    }
    Ok(())
}
