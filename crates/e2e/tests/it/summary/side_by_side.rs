//! Several replicas of CDM, and one that dies in the middle of a refresh.

use anyhow::{Result, ensure};
use e2e::{Layer, Workload, until};

use super::{LIMIT, Stage};

/// Who is about to write the hours and may not yet.
const HELD_UP: &str =
    "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'cdm_summary.order_hours'::regclass";

/// Lets everybody read the hours, and nobody write them.
const HOLD_UP: &str = "BEGIN; LOCK TABLE cdm_summary.order_hours IN SHARE MODE";

const NOTED: &str = "SELECT DISTINCT day FROM cdm_summary.stale_days ORDER BY 1";

#[tokio::test]
async fn two_replicas_refresh_one_after_the_other() -> Result<()> {
    let week = Workload::dirty(109, 600);
    let (before, after) = week.events.split_at(week.events.len() / 2);
    let stage = Stage::loaded(&Workload { events: before.to_vec(), ..week.clone() }).await?;
    let _second = stage.service(Layer::Cdm).start().await?;
    let client = stage.pipeline.database().await?;
    client.batch_execute(HOLD_UP).await?;
    stage.pipeline.load(after).await?;
    stage.pipeline.settled().await?;
    until("one refreshes", LIMIT, async || Ok(stage.pipeline.count(HELD_UP).await? == 1)).await?;
    // The other one has looked several times by now and leaves it alone: the locks of both would wait here.
    let tried = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 7224647957 % 4294967296";
    assert_eq!(stage.pipeline.count(tried).await?, 1, "the lock of who refreshes");
    assert_eq!(stage.pipeline.count(HELD_UP).await?, 1);
    client.batch_execute("COMMIT").await?;
    stage.settled().await?;
    stage.assert_right().await
}

#[tokio::test]
async fn who_dies_in_the_middle_of_a_refresh_leaves_the_notes() -> Result<()> {
    let week = Workload::dirty(110, 400);
    let (before, after) = week.events.split_at(week.events.len() / 2);
    let mut stage = Stage::loaded(&Workload { events: before.to_vec(), ..week.clone() }).await?;
    let summary = stage.pipeline.summary().await?;
    let client = stage.pipeline.database().await?;
    client.batch_execute(HOLD_UP).await?;
    stage.pipeline.load(after).await?;
    stage.pipeline.settled().await?;
    until("it refreshes", LIMIT, async || Ok(stage.pipeline.count(HELD_UP).await? == 1)).await?;
    stage.take(Layer::Cdm)?.kill().await?;
    client.batch_execute("COMMIT").await?;

    // The server notices when it comes to the answer, and undoes what it has done so far.
    let sessions =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'cdm-service'";
    until("its sessions are over", LIMIT, async || Ok(stage.pipeline.count(sessions).await? == 0)).await?;
    ensure!(!stage.pipeline.sql(NOTED).await?.is_empty(), "the notes are gone");
    ensure!(stage.pipeline.summary().await? == summary, "half a refresh is seen");

    stage.services.insert(Layer::Cdm, stage.service(Layer::Cdm).start().await?);
    stage.settled().await?;
    stage.assert_right().await
}
