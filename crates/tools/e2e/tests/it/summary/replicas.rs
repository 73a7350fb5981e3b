//! Tests of several replicas of CDM, and of one that dies during a refresh.

use anyhow::{Result, ensure};
use harness::{Layer, Workload, until};

use super::{Fixture, WAIT_TIMEOUT};

/// Backends that wait to write the categories, after hours and products. Databases of other tests have tables with the
/// same numbers.
const HELD_UP: &str =
    "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'cdm_summary.category_days'::regclass
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

/// Blocks writes to the categories, not reads.
const HOLD_UP: &str = "BEGIN; LOCK TABLE cdm_summary.category_days IN SHARE MODE";

/// Backends that refresh, or wait for a refresh.
const REFRESHING: &str = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 7224647957 % 4294967296
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

/// Number of polls for pending work, from the statistics of PostgreSQL.
const LOOKS: &str = "SELECT pg_stat_get_numscans('cdm_summary.refreshes'::regclass)";

/// Totals of the days.
const DAYS: [&str; 4] = ["order_hours", "product_days", "category_days", "products"];

const NOTED: &str = "SELECT DISTINCT day FROM cdm_summary.stale_days ORDER BY 1";

#[tokio::test]
async fn two_replicas_do_not_refresh_at_the_same_time() -> Result<()> {
    let week = Workload::dirty(109, 600);
    let (before, after) = week.events.split_at(week.events.len() / 2);
    let fixture = Fixture::loaded(&Workload { events: before.to_vec(), ..week.clone() }).await?;
    let _second = fixture.service(Layer::Cdm).start().await?;
    let client = fixture.pipeline.database().await?;
    client.batch_execute(HOLD_UP).await?;
    fixture.pipeline.load(after).await?;
    fixture.pipeline.wait_idle().await?;
    until("one refreshes", WAIT_TIMEOUT, async || Ok(fixture.pipeline.count(HELD_UP).await? == 1)).await?;
    let looks = fixture.pipeline.count(LOOKS).await?;
    let looked = async || Ok(fixture.pipeline.count(LOOKS).await? > looks + 5);
    until("the other one has looked several times", WAIT_TIMEOUT, looked).await?;
    assert_eq!(fixture.pipeline.count(REFRESHING).await?, 1, "it leaves alone what the first one does");
    assert_eq!(fixture.pipeline.count(HELD_UP).await?, 1);
    client.batch_execute("COMMIT").await?;
    fixture.wait_idle().await?;
    fixture.assert_right().await
}

#[tokio::test]
async fn a_replica_killed_during_a_refresh_leaves_the_days_stale() -> Result<()> {
    let week = Workload::dirty(110, 400);
    let (before, after) = week.events.split_at(week.events.len() / 2);
    let mut fixture = Fixture::loaded(&Workload { events: before.to_vec(), ..week.clone() }).await?;
    let summary = fixture.pipeline.summary().await?;
    let client = fixture.pipeline.database().await?;
    client.batch_execute(HOLD_UP).await?;
    fixture.pipeline.load(after).await?;
    fixture.pipeline.wait_idle().await?;
    until("it refreshes", WAIT_TIMEOUT, async || Ok(fixture.pipeline.count(HELD_UP).await? == 1)).await?;
    fixture.take(Layer::Cdm)?.kill().await?;
    client.batch_execute("COMMIT").await?;

    // The server notices when it comes to the answer, and undoes what it has done so far.
    let sessions =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'cdm-service'";
    until("its sessions are over", WAIT_TIMEOUT, async || Ok(fixture.pipeline.count(sessions).await? == 0)).await?;
    ensure!(!fixture.pipeline.sql(NOTED).await?.is_empty(), "the notes are gone");
    let now = fixture.pipeline.summary().await?;
    for table in DAYS.map(|table| format!("cdm_summary.{table}")) {
        ensure!(!summary[&table].is_empty() && now[&table] == summary[&table], "half a refresh is seen in {table}");
    }

    fixture.services.insert(Layer::Cdm, fixture.service(Layer::Cdm).start().await?);
    fixture.wait_idle().await?;
    fixture.assert_right().await
}

/// A statement of a refresh that takes an hour.
const SLOW: &str = "
    CREATE FUNCTION cdm_summary.sleep() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_catalog.pg_sleep(3600); RETURN NEW; END $$;
    CREATE TRIGGER slow BEFORE INSERT OR UPDATE ON cdm_summary.product_days
    FOR EACH ROW EXECUTE FUNCTION cdm_summary.sleep()";

const SLEEPING: &str = "SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event = 'PgSleep'";

#[tokio::test]
async fn a_statement_of_a_refresh_does_not_outlive_its_process() -> Result<()> {
    let week = Workload::dirty(117, 200);
    let (before, after) = week.events.split_at(week.events.len() / 2);
    let mut fixture = Fixture::loaded(&Workload { events: before.to_vec(), ..week.clone() }).await?;
    fixture.pipeline.sql(SLOW).await?;
    fixture.pipeline.load(after).await?;
    until("the statement runs", WAIT_TIMEOUT, async || Ok(fixture.pipeline.count(SLEEPING).await? == 1)).await?;
    fixture.take(Layer::Cdm)?.kill().await?;
    until("the server ends the statement", WAIT_TIMEOUT, async || Ok(fixture.pipeline.count(SLEEPING).await? == 0))
        .await?;
    fixture.pipeline.sql("DROP TRIGGER slow ON cdm_summary.product_days").await?;
    fixture.services.insert(Layer::Cdm, fixture.service(Layer::Cdm).start().await?);
    fixture.wait_idle().await?;
    fixture.assert_right().await
}

#[tokio::test]
async fn orders_deleted_during_the_first_refresh_of_their_day_are_not_in_the_figures() -> Result<()> {
    let week = Workload::clean(118, 100);
    let fixture = Fixture::loaded(&Workload { events: Vec::new(), ..week.clone() }).await?;
    let client = fixture.pipeline.database().await?;
    client.batch_execute(HOLD_UP).await?;
    fixture.pipeline.load(&week.events).await?;
    fixture.pipeline.wait_idle().await?;
    until("it refreshes", WAIT_TIMEOUT, async || Ok(fixture.pipeline.count(HELD_UP).await? == 1)).await?;
    // Every order has been read by now: what has been noted since is nothing but the DELETE.
    fixture.pipeline.sql("DELETE FROM dds.bv_order_states").await?;
    client.batch_execute("COMMIT").await?;
    let gone = "SELECT (SELECT order_cnt FROM cdm.kpi) = 0 AND NOT EXISTS (SELECT FROM cdm_summary.stale_days)";
    until("the figures are those of no orders", WAIT_TIMEOUT, async || Ok(fixture.pipeline.sql(gone).await? == ["t"]))
        .await
}
