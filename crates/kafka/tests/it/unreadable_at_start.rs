//! A batch that cannot be read right at the committed offset, where a source begins: it is not skipped.

use std::time::Duration;

use anyhow::ensure;
use kafka::Source;
use pipeline::{Record, Source as _, StallCause, Vitals};
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use tokio::time::{Instant, timeout_at};

use crate::{
    foreign,
    stage::Stage,
    unreadable::{broken, stalled, watched},
};

/// Long enough for three attempts to read the batch.
const ATTEMPTS: Duration = Duration::from_secs(12);

/// The records that come in this time. Those of the first partition are committed, as the loop does.
async fn read_for(source: &mut Source, time: Duration) -> Vec<Record> {
    let (end, mut records) = (Instant::now() + time, Vec::new());
    while let Ok(batch) = timeout_at(end, source.next(100)).await {
        if let Ok(batch) = batch {
            source.commit(&batch);
            records.extend(batch);
        }
    }
    records
}

/// Partition 0 stands at its committed offset 1, is named, and nothing behind that offset is read.
async fn stands_at_the_batch(stage: &Stage, mut source: Source, vitals: &Vitals) -> anyhow::Result<()> {
    let read = read_for(&mut source, ATTEMPTS).await;
    ensure!(read.iter().all(|record| record.partition != 0), "read behind a batch that cannot be read: {read:?}");
    let stalls = vitals.stalls();
    assert_eq!(stalls.len(), 1, "{stalls:?}");
    let subject = format!("{}/0", stage.settings.source_topic);
    assert_eq!((stalls[0].cause, &stalls[0].subject), (StallCause::PartitionError, &subject));
    assert!(stalls[0].error.contains("CRC32C"), "{stalls:?}");
    source.close().await;
    assert_eq!(stage.committed(0).await?, Some(1));
    Ok(())
}

/// On a mock cluster: a record, one that is corrupt, and another one in partition 0. The first one is committed.
async fn corrupt_on_a_mock(stage: &Stage) -> anyhow::Result<()> {
    let (broker, topic) = (&stage.settings.bootstrap_servers, &stage.settings.source_topic);
    foreign::produce(broker, topic, b"0", &[]).await?;
    foreign::produce_corrupt(broker, topic, b"1").await?;
    foreign::produce(broker, topic, b"2", &[]).await?;
    stage.commit_with_metadata(0, 1, "").await
}

#[tokio::test]
async fn a_corrupt_batch_at_the_committed_offset_is_not_skipped() -> anyhow::Result<()> {
    let (_stack, stage) = broken(|log| log.corrupt(1)).await?;
    stage.commit_with_metadata(0, 1, "").await?;
    let (source, vitals) = watched(&stage)?;
    stands_at_the_batch(&stage, source, &vitals).await
}

#[tokio::test]
async fn a_corrupt_batch_is_not_skipped_while_the_committed_offset_is_not_known() -> anyhow::Result<()> {
    let (cluster, stage) = Stage::mocked(2)?;
    corrupt_on_a_mock(&stage).await?;
    // The client's own request is answered, those of the source are not.
    let away = RDKafkaRespErr::RD_KAFKA_RESP_ERR_NOT_COORDINATOR;
    let answered = RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR;
    cluster.request_errors(RDKafkaApiKey::OffsetFetch, &[answered, away, away]);
    let (source, vitals) = watched(&stage)?;
    stands_at_the_batch(&stage, source, &vitals).await
}

#[tokio::test]
async fn a_corrupt_batch_is_named_before_anything_behind_it_is_read() -> anyhow::Result<()> {
    let (_cluster, stage) = Stage::mocked(1)?;
    corrupt_on_a_mock(&stage).await?;
    let (mut source, vitals) = watched(&stage)?;
    let stalls = stalled(&mut source, &vitals).await?;
    assert!(stalls[0].error.contains("CRC32C"), "{stalls:?}");
    source.close().await;
    Ok(())
}
