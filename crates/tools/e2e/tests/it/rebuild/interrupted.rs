//! Tests of interrupted rebuilds: a rebuild continues after a crash at any point.

use std::os::unix::process::ExitStatusExt;

use anyhow::{Result, ensure};
use harness::{Layer, Process, until};
use nix::sys::signal::Signal;

use super::{Before, Fixture, WAIT_TIMEOUT, phase};

#[tokio::test]
async fn a_killed_rebuild_of_the_vault_is_resumed() -> Result<()> {
    let mut fixture = Fixture::loaded(77, 600, 2).await?;
    fixture.prepare(Layer::Dds).await?;
    let before = Before::now(&fixture.pipeline).await?;
    for points in [["received=4*off->return", "stored=3*off->return"], ["published=5*off->return", "stored=return"]] {
        die(&fixture, Layer::Dds, 4, points).await?;
        ensure!(phase(&fixture.pipeline).await? == "replaying", "the replay was over too early for this test");
        fixture.load(20).await?;
    }
    catch_up(&fixture).await?;
    let mut died_telling = 0;
    for _ in 0..60 {
        // A round of one user: a pair dies after a few users, and there are more than a hundred.
        die(&fixture, Layer::Dds, 1, ["resumed=2*off->return", "sent=2*off->return"]).await?;
        match phase(&fixture.pipeline).await?.as_str() {
            "publishing" => died_telling += 1,
            "" => break,
            _ => {}
        }
    }
    ensure!(died_telling > 2, "it died {died_telling} times while it told");
    let _dds = fixture.pipeline.service(Layer::Dds).start().await?;
    fixture.finish().await?;
    before.assert_no_counter_decreased(&fixture.pipeline).await?;
    Ok(())
}

#[tokio::test]
async fn a_killed_rebuild_of_the_marts_is_resumed() -> Result<()> {
    let mut fixture = Fixture::loaded(78, 600, 2).await?;
    fixture.prepare(Layer::Cdm).await?;
    for points in [["received=4*off->return", "stored=3*off->return"], ["published=5*off->return", "stored=return"]] {
        die(&fixture, Layer::Cdm, 4, points).await?;
        ensure!(phase(&fixture.pipeline).await? == "replaying", "the replay was over too early for this test");
        fixture.load(20).await?;
    }
    let _cdm = fixture.pipeline.service(Layer::Cdm).start().await?;
    fixture.finish().await
}

/// A replica reads the rest of the topic, and is killed before it can note that the vault has caught up.
async fn catch_up(fixture: &Fixture) -> Result<()> {
    let holder = fixture.pipeline.database().await?;
    holder.batch_execute("BEGIN; LOCK TABLE public.tagmill_rebuilds IN SHARE MODE").await?;
    let replica = fixture.pipeline.service(Layer::Dds).start().await?;
    let waits = "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'public.tagmill_rebuilds'::regclass
                 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    until("the vault has caught up", WAIT_TIMEOUT, async || Ok(!fixture.pipeline.sql(waits).await?.is_empty())).await?;
    replica.kill().await?;
    holder.batch_execute("ROLLBACK").await?;
    Ok(())
}

/// Two replicas, each of which dies at its point. Small batches, so that a rebuild outlives them.
async fn die(fixture: &Fixture, layer: Layer, batch_size: usize, points: [&str; 2]) -> Result<()> {
    let service = || fixture.pipeline.service(layer).env("BATCH_SIZE", batch_size.to_string());
    let spawn = |point: &str| service().env("FAILPOINTS", point).spawn();
    let replicas: Vec<Process> = points.into_iter().map(spawn).collect::<Result<_>>()?;
    for replica in &replicas {
        let status = replica.wait().await?;
        ensure!(status.signal() == Some(Signal::SIGKILL as i32), "it ended otherwise: {status}");
    }
    Ok(())
}

#[tokio::test]
async fn a_command_killed_after_the_reset_of_offsets_causes_only_a_replay() -> Result<()> {
    let mut fixture = Fixture::loaded(79, 200, 1).await?;
    for layer in [Layer::Dds, Layer::Cdm] {
        fixture.take(layer)?.stop().await?;
        let before = fixture.pipeline.snapshot().await?;
        // It cannot write its note, and dies waiting.
        let holder = fixture.pipeline.database().await?;
        holder.batch_execute("BEGIN; LOCK TABLE public.tagmill_rebuilds IN SHARE MODE").await?;
        loop {
            let wound_back = until("the group is wound back", WAIT_TIMEOUT, async || {
                Ok(fixture.pipeline.committed(layer).await? == [0])
            });
            tokio::select! {
                output = fixture.pipeline.service(layer).run(&["rebuild", "--yes"]) => {
                    // A member that could not leave in time is in the group until its session ends.
                    let output = output?;
                    ensure!(String::from_utf8_lossy(&output.stderr).contains("has members"), "the command has ended: {output:?}");
                }
                wound_back = wound_back => {
                    wound_back?;
                    break;
                }
            }
        }
        holder.batch_execute("ROLLBACK").await?;
        before.assert_same(&fixture.pipeline.snapshot().await?)?;
        let service = fixture.pipeline.service(layer).start().await?;
        fixture.services.insert(layer, service);
        fixture.pipeline.wait_idle().await?;
        before.assert_same(&fixture.pipeline.snapshot().await?)?;
    }
    fixture.finish().await
}

#[tokio::test]
async fn a_rebuild_can_be_restarted_at_any_time() -> Result<()> {
    let mut fixture = Fixture::loaded(80, 400, 1).await?;
    for layer in [Layer::Dds, Layer::Cdm] {
        fixture.prepare(layer).await?;
        super::prepare(&fixture.pipeline, layer).await?;
        let half = fixture.pipeline.service(layer).env("BATCH_SIZE", "4").env("FAILPOINTS", "stored=9*off->return");
        half.spawn()?.wait().await?;
        super::prepare(&fixture.pipeline, layer).await?;
        let service = fixture.pipeline.service(layer).start().await?;
        fixture.services.insert(layer, service);
        until("the rebuild is complete", WAIT_TIMEOUT, async || Ok(phase(&fixture.pipeline).await?.is_empty())).await?;
        fixture.pipeline.wait_idle().await?;
        fixture.assert_right().await?;
    }
    fixture.finish().await
}
