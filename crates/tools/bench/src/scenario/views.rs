//! Views of dashboards over very many orders: query times, and the cost of refreshing the summary.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::{Layer, until};
use tokio::time::Instant;
use tokio_postgres::Client;

use crate::output::figures::Figure;
use crate::output::progress::tell;
use crate::output::report::Report;
use crate::output::series::Series;
use crate::scenario::drain::peak_rss_mib;
use crate::server::fixture::{Arena, Fixture, stop};
use crate::settings::Settings;

const SLOWEST: Figure = Figure::new("views_slowest_ms", "the slowest view of dashboards, ms", 1);
const REFRESH: Figure = Figure::new("summary_refresh_ms", "summary: one day and everything of users and tags, ms", 0);
const DAY: Figure = Figure::new("summary_day_ms", "summary: one day, ms", 0);

/// Number of measurements of each view.
const TIMES: usize = 5;

const VIEWS: &str =
    "SELECT relname FROM pg_class WHERE relnamespace = 'cdm'::regnamespace AND relkind = 'v' ORDER BY 1";

/// These have a row for each hour, or each day and product; a chart has them added up.
const ADDED_UP: [(&str, &str); 2] = [
    ("orders_by_hour", "SELECT hour_msk, sum(order_cnt), sum(revenue) FROM cdm.orders_by_hour GROUP BY 1 ORDER BY 1"),
    (
        "product_sales_by_day",
        "SELECT day_msk, category_name, sum(revenue) FROM cdm.product_sales_by_day GROUP BY 1, 2 ORDER BY 1, 2",
    ),
];

/// The last day but one, which is complete.
const NOTE: &str = "INSERT INTO cdm_summary.stale_days SELECT max(day) - 1 FROM cdm_summary.product_days";

/// Fills the source tables of the summary, lets CDM compute it, and sends the queries of dashboards.
pub(crate) async fn views(fixture: &Fixture, settings: &Settings, report: &mut Report) -> Result<()> {
    let orders = settings.viewed();
    tell(format!("views: {orders} orders"));
    let arena = fixture.arena(1, &fixture.week(1)).await?;
    let client = arena.pipeline.database().await?;
    client.execute(include_str!("../../sql/fill_orders.sql"), &[&i64::try_from(orders)?]).await?;
    client.execute(include_str!("../../sql/fill_counters.sql"), &[]).await?;
    client.batch_execute("VACUUM ANALYZE").await?;
    let services = vec![arena.pipeline.service(Layer::Cdm).env("SUMMARY_REFRESH", "100ms").start().await?];
    arena.tagged().await?;
    freshened(&arena).await?;
    let counted: i64 = client.query_one("SELECT order_cnt FROM cdm.kpi", &[]).await?.get(0);
    ensure!(u64::try_from(counted)? == orders, "the summary has {counted} orders");
    client.batch_execute("VACUUM ANALYZE").await?;
    arena.calm().await?;

    report.push(SLOWEST, slowest(&client).await?);
    for _ in 0..TIMES {
        report.push(DAY, refreshed(&arena, NOTE).await?);
        report.push(REFRESH, refreshed(&arena, &format!("{NOTE}; UPDATE cdm_summary.refreshes SET seen = ''")).await?);
    }
    report.remember("views", &peak_rss_mib(&[Layer::Cdm], &services).await?);
    stop(services).await?;
    arena.close().await
}

/// The median of the slowest view, in milliseconds.
async fn slowest(client: &Client) -> Result<f64> {
    let mut slowest = 0_f64;
    for row in client.query(VIEWS, &[]).await? {
        let view: String = row.get(0);
        let added_up = ADDED_UP.iter().find(|(name, _)| *name == view);
        let question =
            added_up.map_or_else(|| format!("SELECT * FROM cdm.{view}"), |(_, question)| (*question).to_owned());
        let mut series = Series::default();
        for _ in 0..TIMES {
            let began = Instant::now();
            client.simple_query(&question).await?;
            series.push(began.elapsed().as_secs_f64() * 1000.0);
        }
        tell(format!("views: {view} in {:.1} ms", series.median()));
        slowest = slowest.max(series.median());
    }
    Ok(slowest)
}

/// Duration of a refresh in milliseconds, after a change that requires one.
async fn refreshed(arena: &Arena, change: &str) -> Result<f64> {
    arena.pipeline.sql(change).await?;
    freshened(arena).await?;
    let took = arena.pipeline.sql("SELECT took_ms FROM cdm_summary.refreshes").await?;
    Ok(took.first().context("no refresh")?.parse()?)
}

/// Waits until the summary is fresh, with the minimum pause between refreshes.
async fn freshened(arena: &Arena) -> Result<()> {
    const FRESH: &str = "SELECT seen = cdm_summary.writes() AND NOT EXISTS (SELECT FROM cdm_summary.stale_days)
        FROM cdm_summary.refreshes";
    let fresh = async || {
        arena
            .pipeline
            .sql("UPDATE cdm_summary.refreshes SET refreshed_at = 'epoch' WHERE refreshed_at > 'epoch'")
            .await?;
        Ok(arena.pipeline.sql(FRESH).await? == ["t"])
    };
    until("the summary is fresh", Duration::from_secs(600), fresh).await
}
