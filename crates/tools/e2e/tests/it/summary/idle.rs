//! Tests of an idle and of a failing summary: without changes nothing is done, and an error affects nothing else.

use anyhow::{Result, ensure};
use harness::{Layer, Pipeline, Workload, until};

use super::{Fixture, WAIT_TIMEOUT};

/// Time of the last refresh, and number of polls since PostgreSQL began to count.
async fn look(pipeline: &Pipeline) -> Result<(String, u64)> {
    let refreshed = pipeline.sql("SELECT refreshed_at FROM cdm_summary.refreshes").await?.concat();
    let looks = pipeline.count("SELECT pg_stat_get_numscans('cdm_summary.stale_days'::regclass)").await?;
    Ok((refreshed, looks))
}

/// So many looks in a row find nothing to do.
const LOOKS: u64 = 40;

#[tokio::test]
async fn an_idle_pipeline_refreshes_nothing() -> Result<()> {
    let fixture = Fixture::loaded(&Workload::dirty(105, 200)).await?;
    // Statistics of PostgreSQL may be late and cause another refresh.
    let mut since = look(&fixture.pipeline).await?;
    let resting = async || {
        let now = look(&fixture.pipeline).await?;
        if now.0 != since.0 {
            since.clone_from(&now);
        }
        Ok(now.1 >= since.1 + LOOKS)
    };
    until("it has long been left alone", WAIT_TIMEOUT, resting).await?;
    let cdm = &fixture.services[&Layer::Cdm];
    ensure!(cdm.metric("tagmill_summary_refresh_seconds").await? > 0.0, "no refresh is measured");
    ensure!(cdm.metric("tagmill_summary_age_seconds").await? == 0.0, "it calls up-to-date figures old");
    ensure!(cdm.metric("tagmill_summary_failures_total").await? == 0.0, "it failed");

    let health = "SELECT layer, indicator, is_good FROM cdm.pipeline_health WHERE indicator <> 'refresh_age_seconds' AND value <> 0";
    assert_eq!(fixture.pipeline.sql(health).await?, [""; 0]);
    assert_eq!(fixture.pipeline.sql("SELECT count(*), bool_and(is_good) FROM cdm.pipeline_health").await?, ["9|t"]);
    Ok(())
}

#[tokio::test]
async fn a_failing_refresh_does_not_delay_orders() -> Result<()> {
    let week = Workload::dirty(111, 400);
    let (before, after) = week.events.split_at(week.events.len() / 2);
    let fixture = Fixture::loaded(&Workload { events: before.to_vec(), ..week.clone() }).await?;
    fixture.pipeline.sql("ALTER TABLE cdm_summary.category_days RENAME TO elsewhere").await?;
    fixture.pipeline.load(after).await?;
    fixture.pipeline.wait_idle().await?;
    fixture.pipeline.assert_marts(&week.expected()).await?;
    let cdm = &fixture.services[&Layer::Cdm];
    until("it fails", WAIT_TIMEOUT, async || Ok(cdm.metric("tagmill_summary_failures_total").await? > 1.0)).await?;
    ensure!(cdm.metric("tagmill_summary_age_seconds").await? > 0.0, "figures out of date have an age");
    assert_eq!(cdm.get("/ready").await?.0, 200);
    ensure!(cdm.log()?.contains("could not refresh the summary"), "nothing is said");
    fixture.pipeline.sql("ALTER TABLE cdm_summary.elsewhere RENAME TO category_days").await?;
    fixture.wait_idle().await?;
    fixture.assert_right().await
}

#[tokio::test]
async fn a_clock_that_is_set_back_does_not_delay_a_refresh() -> Result<()> {
    let week = Workload::clean(114, 100);
    let (before, after) = week.events.split_at(week.events.len() / 2);
    let fixture = Fixture::loaded(&Workload { events: before.to_vec(), ..week.clone() }).await?;
    fixture.pipeline.sql("UPDATE cdm_summary.refreshes SET refreshed_at = refreshed_at + interval '1 day'").await?;
    fixture.load(&Workload { events: after.to_vec(), ..week }).await?;
    fixture.assert_right().await
}

/// More days than one refresh takes, not consecutive, and the days around today.
const RESTLESS: &str = "
    INSERT INTO cdm_summary.stale_days (day)
    SELECT n.day
    FROM (
        SELECT DATE '2030-01-01' + 2 * n AS day FROM generate_series(1, 40) AS n
        UNION ALL
        SELECT cdm_summary.to_moscow(now() AT TIME ZONE 'UTC')::date + n FROM generate_series(-1, 1) AS n
    ) AS n
    WHERE NOT EXISTS (SELECT FROM cdm_summary.stale_days AS d WHERE d.day = n.day)";

#[tokio::test]
async fn days_that_change_all_the_time_do_not_delay_other_days() -> Result<()> {
    let fixture = Fixture::loaded(&Workload::clean(113, 100)).await?;
    let orders = fixture.pipeline.count("SELECT order_cnt FROM cdm.kpi").await?;
    let client = fixture.pipeline.database().await?;
    let restless = async {
        loop {
            client.batch_execute(RESTLESS).await?;
        }
    };
    let added_up = async {
        until("all are noted", WAIT_TIMEOUT, async || Ok(fixture.pipeline.count(DAYS).await? >= 40)).await?;
        fixture
            .pipeline
            .sql(
                "UPDATE cdm_summary.order_hours SET order_cnt = 1000000;
                 INSERT INTO cdm_summary.stale_days (day) SELECT DISTINCT hour_msk::date FROM cdm_summary.order_hours",
            )
            .await?;
        let right = async || Ok(fixture.pipeline.count("SELECT order_cnt FROM cdm.kpi").await? == orders);
        until("the days before are added up again", WAIT_TIMEOUT, right).await
    };
    tokio::select! {
        result = restless => result,
        result = added_up => result,
    }
}

/// Number of stale days.
const DAYS: &str = "SELECT count(DISTINCT day) FROM cdm_summary.stale_days";

#[tokio::test]
async fn the_health_view_shows_what_is_waiting() -> Result<()> {
    let mut fixture = Fixture::loaded(&Workload::clean(112, 100)).await?;
    let bad = "SELECT layer, indicator, value FROM cdm.pipeline_health WHERE NOT is_good ORDER BY 1, 2";
    assert_eq!(fixture.pipeline.sql(bad).await?, [""; 0]);

    let strangers = crate::story::workload(&[crate::story::closed(900_001, "nobody knows", &["tea"])])?;
    fixture.pipeline.load(&strangers.events).await?;
    fixture.pipeline.wait_idle().await?;
    let expected = ["STG|missing_names|2", "STG|parked_orders|1"];
    assert_eq!(fixture.pipeline.sql(bad).await?, expected, "the user and the restaurant are unknown");

    fixture.take(Layer::Dds)?.stop().await?;
    let output = fixture.service(Layer::Dds).run(&["rebuild", "--yes"]).await?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fixture.pipeline.sql("UPDATE cdm_summary.refreshes SET refreshed_at = refreshed_at - interval '1 hour'").await?;
    let rested = fixture.pipeline.sql(bad).await?;
    ensure!(!rested.iter().any(|row| row.contains("stale_days")), "days that have just been noted are bad: {rested:?}");
    fixture.pipeline.sql("UPDATE cdm_summary.stale_days SET noted_at = noted_at - interval '1 hour'").await?;
    let rows = fixture.pipeline.sql(bad).await?;
    let days = fixture.pipeline.count("SELECT count(*) FROM cdm.orders_by_day").await?;
    for row in ["DDS|rebuild_under_way|1", &format!("DDS|stale_days|{days}"), "STG|parked_orders|1"] {
        ensure!(rows.iter().any(|said| said == row), "{row} is not among {rows:?}");
    }
    ensure!(rows.iter().any(|row| row.starts_with("CDM|refresh_age_seconds|36")), "{rows:?}");
    Ok(())
}
