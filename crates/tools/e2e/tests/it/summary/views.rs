//! Tests of every view after a week of bad data.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use harness::{Pipeline, Workload, until};

use super::{Fixture, WAIT_TIMEOUT, truth};

#[tokio::test]
async fn every_view_agrees_with_the_orders() -> Result<()> {
    let fixture = Fixture::loaded(&Workload::dirty(101, 1_500)).await?;
    let kinds = fixture.pipeline.sql("SELECT DISTINCT status FROM truth.orders ORDER BY 1").await?;
    ensure!(kinds.contains(&"CANCELLED".to_owned()) && kinds.contains(&"CLOSED".to_owned()), "only {kinds:?}");
    let moved = "SELECT count(*) FROM truth.orders WHERE utc::date <> msk::date";
    ensure!(fixture.pipeline.count(moved).await? > 10, "hardly an order of the night");
    truth::assert_filled(&fixture.pipeline).await?;
    fixture.assert_right().await
}

/// The refresh follows from stale days of DDS and from the statistics of PostgreSQL.
#[tokio::test]
async fn a_change_appears_without_a_forced_refresh() -> Result<()> {
    let week = Workload::dirty(102, 400);
    let (before, after) = week.events.split_at(week.events.len() / 2);
    let fixture = Fixture::loaded(&Workload { events: before.to_vec(), ..week.clone() }).await?;
    fixture.assert_right().await?;
    fixture.pipeline.load(after).await?;
    fixture.pipeline.wait_idle().await?;
    fixture.pipeline.sql("UPDATE cdm.tag_rules SET threshold = threshold + 1 WHERE rule_id % 2 = 0").await?;
    fixture.pipeline.wait_idle().await?;
    let seen = async || Ok(truth::assert_views(&fixture.pipeline).await.is_ok());
    until("the views tell the truth", WAIT_TIMEOUT, seen)
        .await
        .context(format!("{:?}", truth::assert_views(&fixture.pipeline).await))?;
    fixture.assert_right().await
}

#[tokio::test]
async fn views_of_a_new_installation_are_empty() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    let kpi = "SELECT order_cnt, closed_order_cnt, user_cnt, revenue, average_bill, tag_cnt FROM cdm.kpi";
    assert_eq!(pipeline.sql(kpi).await?, ["0|0|0|0|0|0"]);
    assert_eq!(pipeline.sql("SELECT * FROM cdm.product_popularity").await?, [""; 0]);
    assert_eq!(pipeline.sql("SELECT last_order_at_utc, stale_days_cnt FROM cdm.freshness").await?, ["|0"]);
    assert_eq!(pipeline.sql("SELECT indicator FROM cdm.pipeline_health WHERE NOT is_good").await?, [""; 0]);
    Ok(())
}

/// Columns without any value on a fresh installation: there is no last order and no changed counter.
const UNKNOWN: [&str; 4] =
    ["last_order_at_utc", "last_order_at_msk", "counters_changed_at_utc", "counters_changed_at_msk"];

#[tokio::test]
async fn a_refreshed_empty_summary_shows_no_values() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    let _cdm = pipeline.service(harness::Layer::Cdm).env("SUMMARY_REFRESH", "100ms").start().await?;
    pipeline.summarized().await?;
    let now = "SELECT * FROM (SELECT now() AT TIME ZONE 'UTC' + interval '1 day' AS at) AS n";
    let mut unknown = BTreeSet::new();
    for row in pipeline.sql(COLUMNS).await? {
        let [view, column, kind, _] = row.split('|').collect::<Vec<_>>()[..] else { anyhow::bail!("{row}") };
        // Neither NULL, nor a time that is yet to come, nor the largest number there is.
        let made_up = match kind {
            "timestamp without time zone" | "date" => format!("{column} > (SELECT n.at FROM ({now}) AS n)"),
            "bigint" | "integer" | "numeric" => format!("abs({column}) > 1000000"),
            _ => "false".to_owned(),
        };
        let count = |condition: &str| format!("SELECT count(*) FROM {view} WHERE {condition}");
        ensure!(pipeline.count(&count(&made_up)).await? == 0, "{view}.{column} is made up");
        if pipeline.count(&count(&format!("{column} IS NULL"))).await? > 0 {
            unknown.insert(column.to_owned());
        }
    }
    ensure!(unknown == UNKNOWN.map(str::to_owned).into(), "no value: {unknown:?}");
    for chart in dashboards::orders()?.tabs.iter().flat_map(|tab| &tab.charts) {
        pipeline.sql(&chart.sql()).await.with_context(|| chart.id.clone())?;
    }
    Ok(())
}

/// DataLens reads these, an array or a json it does not.
const TYPES: [&str; 7] = ["bigint", "boolean", "date", "integer", "numeric", "text", "timestamp without time zone"];

const COLUMNS: &str = "
    SELECT a.attrelid::regclass, a.attname, format_type(a.atttypid, a.atttypmod),
        col_description(a.attrelid, a.attnum) IS NOT NULL AND obj_description(a.attrelid) IS NOT NULL
    FROM pg_attribute AS a INNER JOIN pg_class AS c ON a.attrelid = c.oid
    WHERE c.relnamespace = 'cdm'::regnamespace AND c.relkind = 'v' AND a.attnum > 0";

#[tokio::test]
async fn every_column_has_a_comment_and_a_type_that_dashboards_support() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    let mut views = BTreeSet::new();
    for row in pipeline.sql(COLUMNS).await? {
        let [view, column, kind, described] = row.split('|').collect::<Vec<_>>()[..] else { anyhow::bail!("{row}") };
        ensure!(TYPES.contains(&kind) || kind == "uuid", "{view}.{column} is a {kind}");
        ensure!(described == "t", "{view}.{column} has no comment");
        views.insert(view.to_owned());
    }
    ensure!(views.len() == 18, "{views:?}");
    Ok(())
}
