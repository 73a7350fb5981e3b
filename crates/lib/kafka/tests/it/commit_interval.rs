//! Commits: offsets that are reached in quick succession are committed together.

use std::mem;

use ::consumer::Source as _;
use kafka::Source;
use tokio::time::sleep;

use crate::fixture::{Fixture, POLL_INTERVAL, soon};

/// Waits until everything before this offset is committed.
async fn committed(fixture: &Fixture, offset: i64) -> anyhow::Result<()> {
    while fixture.committed(0).await? != Some(offset) {
        sleep(POLL_INTERVAL).await;
    }
    Ok(())
}

/// Reads nine records in three batches and processes each at once.
async fn commit_thrice(source: &mut Source) -> anyhow::Result<()> {
    for _ in 0..3 {
        let batch = soon(source.next_full(3)).await??;
        source.commit(&batch);
    }
    Ok(())
}

#[tokio::test]
async fn an_idle_source_commits_the_last_offset() -> anyhow::Result<()> {
    let fixture = Fixture::with(1).await?;
    fixture.produce(0, 9).await?;
    let mut source = fixture.source()?;
    commit_thrice(&mut source).await?;
    tokio::select! {
        more = source.next(3) => anyhow::bail!("there is nothing more: {more:?}"),
        done = soon(committed(&fixture, 9)) => done??,
    }
    source.close().await;
    Ok(())
}

#[tokio::test]
async fn a_stop_commits_the_last_offset() -> anyhow::Result<()> {
    let fixture = Fixture::with(1).await?;
    fixture.produce(0, 9).await?;
    let mut source = fixture.source()?;
    commit_thrice(&mut source).await?;
    source.close().await;
    assert_eq!(fixture.committed(0).await?, Some(9));
    Ok(())
}

#[tokio::test]
async fn a_tick_commits_the_last_offset_at_its_end() -> anyhow::Result<()> {
    let fixture = Fixture::with(1).await?;
    fixture.produce(0, 9).await?;
    let mut source = fixture.source()?;
    source.snapshot_end_offsets().await?;
    for _ in 0..3 {
        let batch = soon(source.next_until_end(3)).await??;
        source.commit(&batch);
    }
    assert!(soon(source.next_until_end(3)).await??.is_empty());
    // The source is no longer polled and does not leave its group.
    mem::forget(source);
    soon(committed(&fixture, 9)).await?
}

#[tokio::test]
async fn a_batch_completed_after_the_end_of_a_tick_is_committed_at_once() -> anyhow::Result<()> {
    let fixture = Fixture::with(1).await?;
    fixture.produce(0, 9).await?;
    let mut source = fixture.source()?;
    source.snapshot_end_offsets().await?;
    let mut batches = Vec::new();
    for _ in 0..3 {
        batches.push(soon(source.next_until_end(3)).await??);
    }
    assert!(soon(source.next_until_end(3)).await??.is_empty());
    for batch in batches {
        source.commit(&batch);
    }
    mem::forget(source);
    soon(committed(&fixture, 9)).await?
}

#[tokio::test]
async fn the_last_offset_is_committed_while_the_loop_is_busy() -> anyhow::Result<()> {
    let fixture = Fixture::with(1).await?;
    fixture.produce(0, 9).await?;
    let mut source = fixture.source()?;
    commit_thrice(&mut source).await?;
    soon(source.poll_while(committed(&fixture, 9))).await??;
    source.close().await;
    Ok(())
}
