//! Membership in a consumer group: assigned partitions, commits, leaving, session timeout.

use std::{sync::Arc, time::Duration};

use ::consumer::{LoopHealth, Record, Source as _};
use kafka::Source;
use tokio::time::{Instant, sleep};

use crate::fixture::{Fixture, POLL_INTERVAL, drain, offsets, soon};

#[tokio::test]
async fn a_new_member_continues_at_the_committed_offset() -> anyhow::Result<()> {
    let fixture = Fixture::with(1).await?;
    fixture.produce(0, 100).await?;
    let mut first = fixture.source()?;
    first.snapshot_end_offsets().await?;
    let batch = soon(first.next_until_end(50)).await??;
    first.commit(&batch);
    first.close().await;
    assert_eq!(fixture.committed(0).await?, Some(50));

    let left = Instant::now();
    let mut second = fixture.source()?;
    let batch = soon(second.next(100)).await??;
    assert!(
        left.elapsed() < fixture.settings.session_timeout,
        "the first member left, and the second did not wait for its session timeout"
    );
    assert_eq!(batch[0].offset, 50);
    second.close().await;
    Ok(())
}

#[tokio::test]
async fn uncommitted_records_are_read_again() -> anyhow::Result<()> {
    let fixture = Fixture::with(1).await?;
    fixture.produce(0, 10).await?;
    let mut first = fixture.source()?;
    assert_eq!(drain(&mut first, 100).await?.concat().len(), 10);
    first.close().await;
    let mut second = fixture.source()?;
    assert_eq!(drain(&mut second, 100).await?.concat().len(), 10);
    second.close().await;
    Ok(())
}

/// Keeps `first` in the group, with work in progress, until `second` is assigned partitions. Returns the first records
/// that `second` reads.
async fn share(first: &mut Source, second: &mut Source) -> anyhow::Result<Vec<Record>> {
    Ok(soon(first.poll_while(second.next(100))).await??)
}

#[tokio::test]
async fn a_partition_of_another_member_is_not_committed() -> anyhow::Result<()> {
    let fixture = Fixture::with(2).await?;
    fixture.produce(0, 10).await?;
    fixture.produce(1, 10).await?;
    let mut first = fixture.source()?;
    let batch = drain(&mut first, 20).await?.concat();
    assert_eq!(batch.len(), 20);

    let mut second = fixture.source()?;
    let theirs = share(&mut first, &mut second).await?[0].partition;
    first.commit(&batch);
    first.close().await;
    assert_eq!(fixture.committed(theirs).await?, None);
    assert_eq!(fixture.committed(1 - theirs).await?, Some(10));
    second.close().await;
    Ok(())
}

#[tokio::test]
async fn a_batch_from_before_a_rebalance_is_not_committed() -> anyhow::Result<()> {
    let fixture = Fixture::with(2).await?;
    fixture.produce(0, 10).await?;
    fixture.produce(1, 10).await?;
    let loop_health = Arc::new(LoopHealth::default());
    let mut first = Source::connect(&fixture.settings, Arc::clone(&loop_health))?;
    let batch = drain(&mut first, 20).await?.concat();
    assert_eq!(batch.len(), 20);

    let mut second = fixture.source()?;
    let theirs = share(&mut first, &mut second).await?[0].partition;
    let comes_back = async {
        second.close().await;
        while loop_health.partitions() != Some(2) {
            sleep(POLL_INTERVAL).await;
        }
    };
    soon(first.poll_while(comes_back)).await?;
    first.commit(&batch);
    first.close().await;
    assert_eq!(fixture.committed(theirs).await?, None);
    assert_eq!(fixture.committed(1 - theirs).await?, Some(10));
    Ok(())
}

#[tokio::test]
async fn a_long_batch_keeps_its_membership_and_loses_no_record() -> anyhow::Result<()> {
    let mut fixture = Fixture::with(1).await?;
    fixture.settings.session_timeout = Duration::from_secs(6); // the minimum that a broker allows
    fixture.settings.max_poll_interval = Duration::from_secs(6);
    fixture.produce(0, 10).await?;
    let mut source = fixture.source()?;
    source.snapshot_end_offsets().await?;
    let batch = soon(source.next_until_end(5)).await??;

    source.poll_while(sleep(Duration::from_secs(8))).await;
    source.commit(&batch);
    let rest = soon(source.next_until_end(100)).await??;
    assert_eq!(offsets(&rest), [5, 6, 7, 8, 9]);
    source.close().await;
    assert_eq!(fixture.committed(0).await?, Some(5));
    Ok(())
}

#[tokio::test]
async fn a_member_without_partitions_has_nothing_to_read() -> anyhow::Result<()> {
    let fixture = Fixture::with(1).await?;
    fixture.produce(0, 10).await?;
    let mut first = fixture.source()?;
    assert_eq!(drain(&mut first, 100).await?.concat().len(), 10);
    let mut second = fixture.source()?;
    let theirs = soon(first.poll_while(drain(&mut second, 100))).await??;
    assert!(theirs.is_empty());
    second.close().await;
    first.close().await;
    Ok(())
}

#[tokio::test]
async fn a_rejected_member_reports_the_reason() -> anyhow::Result<()> {
    let mut fixture = Fixture::with(1).await?;
    fixture.settings.session_timeout = Duration::from_secs(1); // below the broker's group.min.session.timeout.ms
    let mut source = fixture.source()?;
    let error = soon(source.next(1)).await?.unwrap_err();
    assert!(error.error.contains("Invalid session timeout"), "{error}");
    source.close().await;
    Ok(())
}
