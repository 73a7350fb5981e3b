//! Tests of `dds-service rebuild`: the marts end right by themselves, and no counter decreases meanwhile.

use std::time::Duration;

use anyhow::{Result, ensure};
use harness::{Layer, Pipeline, until};
use tokio::sync::oneshot::{self, Receiver, error::TryRecvError};
use tokio::time::interval;

use super::{Before, COUNTS, Counts, Fixture, WAIT_TIMEOUT, counts, phase};

/// A transaction that stores the hub of the last order waits for the end of this one.
const HOLD_A_LATE_ORDER: &str = "
    BEGIN;
    INSERT INTO dds.h_order (h_order_pk, order_id, order_dt, load_dt, load_src)
    SELECT gen_random_uuid(), object_id, now(), now(), 'held' FROM stg.order_events ORDER BY id DESC LIMIT 1";

#[tokio::test]
async fn a_vault_is_rebuilt_while_orders_arrive_and_no_counter_decreases() -> Result<()> {
    let mut fixture = Fixture::loaded(71, 1_200, 2).await?;
    let (stop, stopped) = oneshot::channel();
    let watching = tokio::spawn(watch(fixture.pipeline.database().await?, stopped));

    fixture.prepare(Layer::Dds).await?;
    let before = Before::now(&fixture.pipeline).await?;
    assert_vault_is_empty(&fixture.pipeline).await?;
    let holder = fixture.pipeline.database().await?;
    holder.batch_execute(HOLD_A_LATE_ORDER).await?;
    let slow = || fixture.pipeline.service(Layer::Dds).env("BATCH_SIZE", "3");
    let replicas = [slow().spawn()?, slow().spawn()?];

    // Orders arrive during the replay, which cannot end before, and during the publication.
    let gets_on = async || Ok(fixture.pipeline.committed(Layer::Dds).await? != [0, 0]);
    until("the replay gets on", WAIT_TIMEOUT, gets_on).await?;
    fixture.load(100).await?;
    ensure!(phase(&fixture.pipeline).await? == "replaying", "the replay was over before anything could arrive");
    holder.batch_execute("ROLLBACK").await?;
    until("the replay is over", WAIT_TIMEOUT, async || Ok(phase(&fixture.pipeline).await? != "replaying")).await?;
    fixture.finish().await?;

    let told = before.assert_no_counter_decreased(&fixture.pipeline).await?;
    ensure!(told > 0, "nothing was told");
    drop(stop);
    let looks = watching.await??;
    ensure!(looks > 50, "only {looks} observations");
    let logs: String = fixture.pipeline.logs()?.into_values().collect();
    for line in ["reading the topic again", "publishing the result", "the rebuild is complete"] {
        ensure!(logs.contains(line), "no log says: {line}");
    }
    for replica in &replicas {
        let over = async || {
            let phase = replica.metric("tagmill_rebuild_phase").await?;
            Ok(phase + replica.metric("tagmill_rebuild_remaining_records").await? == 0.0)
        };
        until("every replica says that it is over", WAIT_TIMEOUT, over).await?;
    }
    Ok(())
}

/// Polls the marts; no counter may decrease or disappear. Returns the number of polls.
async fn watch(client: tokio_postgres::Client, mut stop: Receiver<()>) -> Result<usize> {
    let mut known = Counts::new();
    let mut looks = 0;
    let statement = format!("SELECT concat_ws('|', user_id, product_id, order_cnt) FROM ({COUNTS}) AS c");
    let mut tick = interval(Duration::from_millis(20));
    while stop.try_recv() == Err(TryRecvError::Empty) {
        tick.tick().await;
        let rows: Vec<String> = client.query(&statement, &[]).await?.iter().map(|row| row.get(0)).collect();
        let now = counts(&rows)?;
        for (key, count) in &known {
            let now = now.get(key);
            ensure!(now >= Some(count), "{key:?} fell from {count} to {now:?}");
        }
        known = now;
        looks += 1;
    }
    Ok(looks)
}

async fn assert_vault_is_empty(pipeline: &Pipeline) -> Result<()> {
    let tables = pipeline.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'dds'").await?;
    ensure!(tables.len() > 18, "only {} tables", tables.len());
    for table in tables {
        ensure!(pipeline.count(&format!("SELECT count(*) FROM dds.{table}")).await? == 0, "{table} is not emptied");
    }
    Ok(())
}

#[tokio::test]
async fn check_reports_a_rebuild_and_a_manual_truncation_does_not_end_it() -> Result<()> {
    let mut fixture = Fixture::loaded(72, 100, 1).await?;
    fixture.prepare(Layer::Dds).await?;
    fixture.pipeline.truncate(Layer::Dds).await?;
    let output = fixture.pipeline.service(Layer::Dds).run(&["check"]).await?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(output.status.success() && said.contains("ok     rebuild: in progress"), "check says: {said}");

    let _dds = fixture.pipeline.service(Layer::Dds).start().await?;
    fixture.finish().await?;
    let output = fixture.pipeline.service(Layer::Dds).run(&["check"]).await?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(output.status.success() && !said.contains("rebuild"), "check says: {said}");
    Ok(())
}
