//! A rebuild that dies, at whatever point, is taken up again.

use std::os::unix::process::ExitStatusExt;

use anyhow::{Result, bail, ensure};
use e2e::{Layer, Process, until};
use nix::sys::signal::Signal;

use super::{Before, LIMIT, Stage, phase};

#[tokio::test]
async fn a_rebuild_of_the_vault_is_taken_up_wherever_it_dies() -> Result<()> {
    let mut stage = Stage::loaded(77, 600, 2).await?;
    stage.prepare(Layer::Dds).await?;
    let before = Before::now(&stage.pipeline).await?;
    for points in [["received=4*off->return", "stored=3*off->return"], ["published=5*off->return", "stored=return"]] {
        die(&stage, Layer::Dds, 4, points).await?;
        ensure!(phase(&stage.pipeline).await? == "replaying", "the replay was over too early for this test");
        stage.load(20).await?;
    }
    catch_up(&stage).await?;
    let mut died_telling = 0;
    for _ in 0..60 {
        // A round of one user: a pair dies after a few users, and there are more than a hundred.
        die(&stage, Layer::Dds, 1, ["resumed=2*off->return", "sent=2*off->return"]).await?;
        match phase(&stage.pipeline).await?.as_str() {
            "publishing" => died_telling += 1,
            "" => break,
            _ => {}
        }
    }
    ensure!(died_telling > 2, "it died {died_telling} times while it told");
    let _dds = stage.pipeline.service(Layer::Dds).start().await?;
    stage.finish().await?;
    before.assert_nothing_less_was_told(&stage.pipeline).await?;
    Ok(())
}

#[tokio::test]
async fn a_rebuild_of_the_marts_is_taken_up_wherever_it_dies() -> Result<()> {
    let mut stage = Stage::loaded(78, 600, 2).await?;
    stage.prepare(Layer::Cdm).await?;
    for points in [["received=4*off->return", "stored=3*off->return"], ["published=5*off->return", "stored=return"]] {
        die(&stage, Layer::Cdm, 4, points).await?;
        ensure!(phase(&stage.pipeline).await? == "replaying", "the replay was over too early for this test");
        stage.load(20).await?;
    }
    let _cdm = stage.pipeline.service(Layer::Cdm).start().await?;
    stage.finish().await
}

/// A replica reads the rest of the topic, and is killed before it can note that the vault has caught up.
async fn catch_up(stage: &Stage) -> Result<()> {
    let holder = stage.pipeline.database().await?;
    holder.batch_execute("BEGIN; LOCK TABLE public.tagmill_rebuilds IN SHARE MODE").await?;
    let replica = stage.pipeline.service(Layer::Dds).start().await?;
    let waits = "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'public.tagmill_rebuilds'::regclass
                 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    until("the vault has caught up", LIMIT, async || Ok(!stage.pipeline.sql(waits).await?.is_empty())).await?;
    replica.kill().await?;
    holder.batch_execute("ROLLBACK").await?;
    Ok(())
}

/// Two replicas, each of which dies at its point. Small batches, so that a rebuild outlives them.
async fn die(stage: &Stage, layer: Layer, batch_size: usize, points: [&str; 2]) -> Result<()> {
    let service = || stage.pipeline.service(layer).env("BATCH_SIZE", batch_size.to_string());
    let spawn = |point: &str| service().env("FAILPOINTS", point).spawn();
    let replicas: Vec<Process> = points.into_iter().map(spawn).collect::<Result<_>>()?;
    for replica in &replicas {
        let status = replica.wait().await?;
        ensure!(status.signal() == Some(Signal::SIGKILL as i32), "it ended otherwise: {status}");
    }
    Ok(())
}

#[tokio::test]
async fn a_command_that_dies_behind_the_winding_back_has_only_caused_a_replay() -> Result<()> {
    let mut stage = Stage::loaded(79, 200, 1).await?;
    for layer in [Layer::Dds, Layer::Cdm] {
        stage.take(layer)?.stop().await?;
        let before = stage.pipeline.snapshot().await?;
        // It cannot write its note, and dies waiting.
        let holder = stage.pipeline.database().await?;
        holder.batch_execute("BEGIN; LOCK TABLE public.tagmill_rebuilds IN SHARE MODE").await?;
        let wound_back =
            until("the group is wound back", LIMIT, async || Ok(stage.pipeline.committed(layer).await? == [0]));
        tokio::select! {
            output = stage.pipeline.service(layer).run(&["rebuild"]) => bail!("the command has ended: {output:?}"),
            wound_back = wound_back => wound_back?,
        }
        holder.batch_execute("ROLLBACK").await?;
        before.assert_same(&stage.pipeline.snapshot().await?)?;
        let service = stage.pipeline.service(layer).start().await?;
        stage.services.insert(layer, service);
        stage.pipeline.settled().await?;
        before.assert_same(&stage.pipeline.snapshot().await?)?;
    }
    stage.finish().await
}

#[tokio::test]
async fn a_rebuild_may_begin_anew_at_any_time() -> Result<()> {
    let mut stage = Stage::loaded(80, 400, 1).await?;
    for layer in [Layer::Dds, Layer::Cdm] {
        stage.prepare(layer).await?;
        super::prepare(&stage.pipeline, layer).await?;
        let half = stage.pipeline.service(layer).env("BATCH_SIZE", "4").env("FAILPOINTS", "stored=9*off->return");
        half.spawn()?.wait().await?;
        super::prepare(&stage.pipeline, layer).await?;
        let service = stage.pipeline.service(layer).start().await?;
        stage.services.insert(layer, service);
        until("the rebuild is complete", LIMIT, async || Ok(phase(&stage.pipeline).await?.is_empty())).await?;
        stage.pipeline.settled().await?;
        stage.assert_right().await?;
    }
    stage.finish().await
}
