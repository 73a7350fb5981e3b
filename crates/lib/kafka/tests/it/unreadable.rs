//! Unreadable partitions are reported, none of their records is skipped, and the other partitions are read.

use std::{sync::Arc, time::Duration};

use ::consumer::{LoopHealth, Record, Source as _, Stall, StallCause};
use anyhow::ensure;
use devstack::{Options, Stack};
use kafka::{Reader, Source};
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use tokio::time::sleep;

use crate::{
    fixture::{Fixture, POLL_INTERVAL, offsets, soon},
    log_files::LogFile,
};

/// A source with its `LoopHealth`.
pub(crate) fn watched(fixture: &Fixture) -> anyhow::Result<(Source, Arc<LoopHealth>)> {
    let loop_health = Arc::new(LoopHealth::default());
    Ok((Source::connect(&fixture.settings, Arc::clone(&loop_health))?, loop_health))
}

/// Reads until this many records are read.
async fn read(source: &mut Source, count: usize) -> anyhow::Result<Vec<Record>> {
    let mut records = Vec::new();
    while records.len() < count {
        // An outage caused by the restart of a broker ends by itself.
        if let Ok(batch) = soon(source.next(100)).await? {
            records.extend(batch);
        }
    }
    records.sort_by_key(|record| (record.partition, record.offset));
    Ok(records)
}

/// Reads until a stall is reported, which must happen before any record is read.
async fn stalled(source: &mut Source, loop_health: &LoopHealth) -> anyhow::Result<Vec<Stall>> {
    let seen = async {
        while loop_health.stalls().is_empty() {
            sleep(POLL_INTERVAL).await;
        }
        loop_health.stalls()
    };
    let reading = async {
        loop {
            if let Ok(batch) = source.next(100).await {
                return batch;
            }
        }
    };
    tokio::select! {
        stalls = soon(seen) => stalls,
        batch = reading => anyhow::bail!("read, and should not be: {batch:?}"),
    }
}

/// Three batches of one record each in partition 0, of which the second is unreadable, and one record in partition 1.
async fn broken(breaking: impl FnOnce(LogFile) -> anyhow::Result<()>) -> anyhow::Result<(Stack, Fixture)> {
    let stack = Stack::start(Options::for_tests()).await?;
    let fixture = Fixture::on(stack.endpoints(), 2).await?;
    for partition in [0, 0, 0, 1] {
        fixture.produce(partition, 1).await?;
    }
    stack.kafka().stop().await?;
    breaking(LogFile::open(&stack, &fixture.settings.source_topic, 0)?)?;
    stack.kafka().start().await?;
    Ok((stack, fixture))
}

/// The partition stops before the batch, is reported, and continues when the log start has been moved behind the batch.
async fn stops_before_the_batch(fixture: &Fixture, words: &str) -> anyhow::Result<()> {
    let topic = &fixture.settings.source_topic;
    let (mut source, loop_health) = watched(fixture)?;
    let records = read(&mut source, 2).await?;
    let read_of: Vec<_> = records.iter().map(|record| (record.partition, record.offset)).collect();
    assert_eq!(read_of, [(0, 0), (1, 0)]);

    let stalls = stalled(&mut source, &loop_health).await?;
    assert_eq!(stalls.len(), 1, "{stalls:?}");
    assert_eq!((stalls[0].cause, &stalls[0].subject), (StallCause::PartitionError, &format!("{topic}/0")));
    assert!(stalls[0].error.contains(words), "{stalls:?}");

    // The other partition is read, and no record behind the batch is.
    fixture.produce(1, 1).await?;
    fixture.produce(0, 1).await?;
    let other = read(&mut source, 1).await?;
    assert_eq!((other[0].partition, offsets(&other)), (1, vec![1]));
    let more = tokio::time::timeout(Duration::from_secs(12), read(&mut source, 1)).await;
    ensure!(more.is_err(), "read behind a batch that cannot be read: {more:?}");
    assert_eq!(loop_health.stalls().len(), 1, "{:?}", loop_health.stalls());

    fixture.delete_before(0, 2).await?;
    let rest = read(&mut source, 2).await?;
    assert_eq!((rest[0].partition, offsets(&rest)), (0, vec![2, 3]));
    assert_eq!(loop_health.stalls(), []);
    source.close().await;
    Ok(())
}

#[tokio::test]
async fn every_codec_is_read() -> anyhow::Result<()> {
    let fixture = Fixture::with(1).await?;
    for codec in ["none", "gzip", "snappy", "lz4", "zstd"] {
        fixture.produce_compressed(0, 3, codec).await?;
    }
    let (mut source, loop_health) = watched(&fixture)?;
    assert_eq!(offsets(&read(&mut source, 15).await?), (0..15).collect::<Vec<_>>());
    assert_eq!(loop_health.stalls(), []);
    source.close().await;
    Ok(())
}

#[tokio::test]
async fn a_corrupt_batch_stops_its_partition_and_is_not_skipped() -> anyhow::Result<()> {
    let (_stack, fixture) = broken(|log| log.corrupt(1)).await?;
    stops_before_the_batch(&fixture, "CRC32C").await
}

#[tokio::test]
async fn an_unknown_codec_stops_its_partition() -> anyhow::Result<()> {
    let (_stack, fixture) = broken(|log| log.set_codec(1, 5)).await?;
    stops_before_the_batch(&fixture, "codec 0x5").await
}

#[tokio::test]
async fn an_unknown_format_stops_its_partition_and_is_not_skipped() -> anyhow::Result<()> {
    let (_stack, fixture) = broken(|log| log.set_magic(1, 9)).await?;
    stops_before_the_batch(&fixture, "MagicByte 9").await
}

#[tokio::test]
async fn a_reader_reports_a_corrupt_batch() -> anyhow::Result<()> {
    let (_stack, fixture) = broken(|log| log.corrupt(1)).await?;
    let mut reader = Reader::open(&fixture.settings, &fixture.settings.source_topic).await?;
    assert_eq!(soon(reader.next()).await??.map(|record| record.offset), Some(0));
    let error = soon(reader.next()).await?.expect_err("the second record cannot be read").to_string();
    assert!(error.contains("CRC32C") && error.contains(&format!("{}/0", fixture.settings.source_topic)), "{error}");
    Ok(())
}

#[tokio::test]
async fn a_topic_without_read_permission_is_named_until_it_is_granted() -> anyhow::Result<()> {
    let (cluster, fixture) = Fixture::mocked(1)?;
    fixture.produce(0, 3).await?;
    let denied = RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
    cluster.request_errors(RDKafkaApiKey::Fetch, &[denied; 1000]);

    let (mut source, loop_health) = watched(&fixture)?;
    let stalls = stalled(&mut source, &loop_health).await?;
    assert_eq!((stalls[0].cause, &stalls[0].subject), (StallCause::PartitionError, &fixture.settings.source_topic));
    assert!(stalls[0].error.contains("authorization failed"), "{stalls:?}");

    cluster.clear_request_errors(RDKafkaApiKey::Fetch);
    assert_eq!(read(&mut source, 3).await?.len(), 3);
    assert_eq!(loop_health.stalls(), []);
    source.close().await;
    Ok(())
}

#[tokio::test]
async fn a_fetch_error_names_its_partition_until_it_ends() -> anyhow::Result<()> {
    let (cluster, fixture) = Fixture::mocked(1)?;
    fixture.produce(0, 3).await?;
    let refused = RDKafkaRespErr::RD_KAFKA_RESP_ERR_POLICY_VIOLATION;
    cluster.request_errors(RDKafkaApiKey::Fetch, &[refused; 1000]);

    let (mut source, loop_health) = watched(&fixture)?;
    let stalls = stalled(&mut source, &loop_health).await?;
    assert_eq!(stalls[0].subject, format!("{}/0", fixture.settings.source_topic));

    cluster.clear_request_errors(RDKafkaApiKey::Fetch);
    assert_eq!(read(&mut source, 3).await?.len(), 3);
    assert_eq!(loop_health.stalls(), []);
    source.close().await;
    Ok(())
}

#[tokio::test]
async fn transient_errors_are_not_a_stall() -> anyhow::Result<()> {
    let (cluster, fixture) = Fixture::mocked(1)?;
    fixture.produce(0, 3).await?;
    let passing = [
        RDKafkaRespErr::RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
        RDKafkaRespErr::RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
        RDKafkaRespErr::RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
    ];
    cluster.request_errors(RDKafkaApiKey::Fetch, &passing);
    let (mut source, loop_health) = watched(&fixture)?;
    assert_eq!(read(&mut source, 3).await?.len(), 3);
    assert_eq!(loop_health.stalls(), []);
    source.close().await;
    Ok(())
}
