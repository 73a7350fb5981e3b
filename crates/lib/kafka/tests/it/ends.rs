//! Ends of partitions in transaction markers, open transactions, deleted records.

use std::sync::Arc;

use ::consumer::{LoopHealth, Source as _, StallCause};
use kafka::{Group, Source};
use metrics_exporter_prometheus::PrometheusBuilder;
use rdkafka::producer::Producer as _;
use tokio::time::{sleep, timeout};

use crate::fixture::{Fixture, POLL_INTERVAL, SOON, drain, offsets, soon};

/// Polls the source, which has nothing to read, until the group has committed this offset.
async fn idle_until_committed(source: &mut Source, fixture: &Fixture, offset: i64) -> anyhow::Result<()> {
    let committed = async {
        while fixture.committed(0).await? != Some(offset) {
            sleep(POLL_INTERVAL).await;
        }
        anyhow::Ok(())
    };
    tokio::select! {
        more = source.next(100) => anyhow::bail!("there is nothing more: {more:?}"),
        done = soon(committed) => done?,
    }
}

#[tokio::test]
async fn the_end_behind_a_transaction_marker_is_committed() -> anyhow::Result<()> {
    let fixture = Fixture::with(1).await?;
    fixture.produce_in_transaction(0, 5).await?;
    let mut source = fixture.source()?;
    let batch = soon(source.next_full(5)).await??;
    assert_eq!(offsets(&batch), [0, 1, 2, 3, 4]);
    source.commit(&batch);
    idle_until_committed(&mut source, &fixture, 6).await?;
    assert_eq!(Group::connect(&fixture.settings)?.watermarks().await?[0].high, 6);
    source.close().await;
    Ok(())
}

#[tokio::test]
async fn an_end_is_not_committed_before_the_records_before_it() -> anyhow::Result<()> {
    let fixture = Fixture::with(1).await?;
    fixture.produce_in_transaction(0, 5).await?;
    let mut source = fixture.source()?;
    let batch = soon(source.next_full(5)).await??;
    // The end is reported while the batch is still in flight.
    assert!(timeout(std::time::Duration::from_secs(2), source.next(100)).await.is_err());
    assert_eq!(fixture.committed(0).await?, None);
    source.commit(&batch);
    idle_until_committed(&mut source, &fixture, 6).await?;
    source.close().await;
    Ok(())
}

#[tokio::test]
async fn a_partition_with_only_an_aborted_transaction_is_committed_to_its_end() -> anyhow::Result<()> {
    let fixture = Fixture::with(1).await?;
    let producer = fixture.open_transaction(0, 5).await?;
    tokio::task::spawn_blocking(move || producer.abort_transaction(SOON)).await??;
    let mut source = fixture.source()?;
    idle_until_committed(&mut source, &fixture, 6).await?;
    source.close().await;
    Ok(())
}

#[tokio::test]
async fn a_tick_commits_the_end_behind_a_transaction_marker() -> anyhow::Result<()> {
    let fixture = Fixture::with(1).await?;
    fixture.produce_in_transaction(0, 5).await?;
    let mut source = fixture.source()?;
    source.snapshot_end_offsets().await?;
    let batch = soon(source.next_until_end(100)).await??;
    source.commit(&batch);
    assert!(soon(source.next_until_end(100)).await??.is_empty());
    source.close().await;
    assert_eq!(fixture.committed(0).await?, Some(6));
    Ok(())
}

#[tokio::test]
async fn an_open_transaction_is_reported_and_later_records_follow_when_it_ends() -> anyhow::Result<()> {
    let fixture = Fixture::with(1).await?;
    fixture.produce(0, 2).await?;
    let producer = fixture.open_transaction(0, 3).await?;
    fixture.produce(0, 1).await?;
    let loop_health = Arc::new(LoopHealth::default());
    let mut source = Source::connect(&fixture.settings, Arc::clone(&loop_health))?;
    let batch = soon(source.next_full(2)).await??;
    source.commit(&batch);

    let named = async {
        while loop_health.stalls().is_empty() {
            sleep(POLL_INTERVAL).await;
        }
        loop_health.stalls()
    };
    let stalls = tokio::select! {
        more = source.next(100) => anyhow::bail!("the transaction is open: {more:?}"),
        stalls = timeout(SOON * 4, named) => stalls?,
    };
    let subject = format!("{}/0", fixture.settings.source_topic);
    assert_eq!((stalls[0].cause, &stalls[0].subject), (StallCause::OpenTransaction, &subject));
    assert!(stalls[0].error.contains("from offset 2 to 6"), "{stalls:?}");

    tokio::task::spawn_blocking(move || producer.commit_transaction(SOON)).await??;
    let rest = soon(source.next_full(4)).await??;
    assert_eq!(offsets(&rest), [2, 3, 4, 5]);
    source.commit(&rest);
    let gone = async {
        while !loop_health.stalls().is_empty() {
            sleep(POLL_INTERVAL).await;
        }
    };
    tokio::select! {
        more = source.next(100) => anyhow::bail!("there is nothing more: {more:?}"),
        () = async { soon(gone).await.unwrap() } => {}
    }
    source.close().await;
    Ok(())
}

#[tokio::test]
async fn records_deleted_before_they_are_read_are_skipped_and_reported() -> anyhow::Result<()> {
    let fixture = Fixture::with(1).await?;
    fixture.produce(0, 3).await?;
    let mut first = fixture.source()?;
    let batches = drain(&mut first, 100).await?.concat();
    first.commit(&batches);
    first.close().await;
    fixture.produce(0, 7).await?;
    fixture.delete_before(0, 8).await?;

    let recorder = PrometheusBuilder::new().build_recorder();
    let page = recorder.handle();
    let _local = metrics::set_default_local_recorder(&recorder);
    let mut source = fixture.source()?;
    assert_eq!(offsets(&soon(source.next_full(2)).await??), [8, 9]);
    let topic = &fixture.settings.source_topic;
    let lost = format!("tagmill_records_lost_total{{topic=\"{topic}\",partition=\"0\"}} 5\n");
    assert!(page.render().contains(&lost), "offsets 3 to 7 are lost: {}", page.render());
    source.close().await;
    Ok(())
}
