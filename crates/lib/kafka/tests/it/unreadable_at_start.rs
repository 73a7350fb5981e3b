//! An unreadable batch at the committed offset, where a source begins, is not skipped.

use std::time::Duration;

use ::consumer::{LoopHealth, Record, Source as _, StallCause};
use anyhow::ensure;
use kafka::Source;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use tokio::time::{Instant, timeout_at};

use crate::{
    fixture::{Fixture, Mock, offsets, soon},
    foreign,
    unreadable::watched,
};

/// Long enough for several attempts to read the batch.
const ATTEMPTS: Duration = Duration::from_secs(12);

/// The records read in this time. Those of the first partition are committed, as the loop does.
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

/// Partition 0 stays at its committed offset 1, is reported, and no record behind that offset is read.
async fn stands_at_the_batch(fixture: &Fixture, mut source: Source, loop_health: &LoopHealth) -> anyhow::Result<()> {
    let read = read_for(&mut source, ATTEMPTS).await;
    ensure!(read.iter().all(|record| record.partition != 0), "read behind a batch that cannot be read: {read:?}");
    let stalls = loop_health.stalls();
    assert_eq!(stalls.len(), 1, "{stalls:?}");
    let subject = format!("{}/0", fixture.settings.source_topic);
    assert_eq!((stalls[0].cause, &stalls[0].subject), (StallCause::PartitionError, &subject));
    assert!(stalls[0].error.contains("MagicByte 9"), "{stalls:?}");
    source.close().await;
    assert_eq!(fixture.committed(0).await?, Some(1));
    Ok(())
}

/// A record in partition 0, which is committed, and three in partition 1.
async fn one_committed() -> anyhow::Result<(Mock, Fixture)> {
    let (cluster, fixture) = Fixture::mocked(2)?;
    fixture.produce(0, 1).await?;
    fixture.produce(1, 3).await?;
    fixture.commit_with_metadata(0, 1, "").await?;
    Ok((cluster, fixture))
}

/// Writes an unreadable batch to partition 0, and another batch behind it. The client continues behind the first.
async fn break_batch(fixture: &Fixture) -> anyhow::Result<()> {
    foreign::produce_unknown_format(&fixture.settings.bootstrap_servers, &fixture.settings.source_topic, 1).await
}

#[tokio::test]
async fn an_unreadable_batch_at_the_committed_offset_is_not_skipped() -> anyhow::Result<()> {
    let (_cluster, fixture) = one_committed().await?;
    break_batch(&fixture).await?;
    let (source, loop_health) = watched(&fixture)?;
    stands_at_the_batch(&fixture, source, &loop_health).await
}

#[tokio::test]
async fn an_unreadable_batch_is_not_skipped_while_the_committed_offset_is_unknown() -> anyhow::Result<()> {
    let (cluster, fixture) = one_committed().await?;
    // The client's own request is answered; the first requests of the source are not.
    let away = RDKafkaRespErr::RD_KAFKA_RESP_ERR_NOT_COORDINATOR;
    let answered = RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR;
    cluster.request_errors(RDKafkaApiKey::OffsetFetch, &[answered, away, away, away, away]);
    let (mut source, loop_health) = watched(&fixture)?;
    let other = soon(source.next_full(3)).await??;
    assert_eq!((other[0].partition, offsets(&other)), (1, vec![0, 1, 2]));
    break_batch(&fixture).await?;
    stands_at_the_batch(&fixture, source, &loop_health).await
}
