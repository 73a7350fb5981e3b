//! Tests of records of other services: they are skipped and counted by kind.

use anyhow::{Result, ensure};
use harness::{Layer, Pipeline, Record};

#[tokio::test]
async fn every_service_skips_foreign_records_and_counts_them_by_kind() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    let tombstone = || Record { key: Some(b"gone".to_vec()), ..Record::default() };
    let foreign = || Record::of(r#"{"object_type": "service", "payload": {}}"#);
    let untyped = || Record::of(r#"{"workflow_key": "heartbeat"}"#);
    for layer in Layer::ALL {
        let records = [tombstone(), foreign(), untyped(), foreign()];
        // Counters have no type: DDS sends none.
        let count = if layer == Layer::Cdm { 2 } else { 4 };
        pipeline.produce(&pipeline.source(layer), records.into_iter().take(count)).await?;
    }
    let services = pipeline.start_all().await?;
    pipeline.wait_idle().await?;

    for (layer, service) in Layer::ALL.into_iter().zip(&services) {
        let page = service.get("/metrics").await?.1;
        let skipped = |kind: &str| {
            let line = page.lines().find(|line| line.starts_with("tagmill_skipped_total{") && line.contains(kind));
            line.and_then(|line| line.rsplit(' ').next()).unwrap_or("0").to_owned()
        };
        let found = ["\"tombstone\"", "\"other-type\"", "\"untyped\""].map(skipped);
        let expected = if layer == Layer::Cdm { ["1", "1", "0"] } else { ["1", "2", "1"] };
        ensure!(found == expected, "{}: {found:?}", layer.binary());
        let letters = pipeline.read(&pipeline.dead_letters(layer)).await?;
        ensure!(letters.is_empty(), "{}: {letters:?}", layer.binary());
    }
    Ok(())
}
