//! Tests of the summary during a rebuild: readers keep the previous figures, and see new orders.

use std::time::Duration;

use anyhow::{Result, ensure};
use harness::{Layer, Workload, until};
use tokio::sync::oneshot::{self, Receiver, error::TryRecvError};
use tokio::time::interval;

use super::{Fixture, WAIT_TIMEOUT};

/// Figures that must not decrease while orders arrive.
const FIGURES: &str = "
    SELECT ARRAY[
        k.order_cnt, k.revenue, k.user_cnt, (SELECT sum(order_cnt) FROM cdm.product_popularity),
        (SELECT sum(user_cnt) FROM cdm.category_popularity), (SELECT sum(order_cnt) FROM cdm.restaurant_popularity),
        (SELECT count(*) FROM cdm.orders_by_hour WHERE restaurant_name <> ''), (SELECT count(*) FROM cdm.product_list),
        (SELECT count(*) FROM cdm.product_sales_by_day WHERE product_name <> ''),
        (SELECT count(*) FROM cdm.category_sales_by_day WHERE category_name <> 'Без категории')
    ]::float8[]
    FROM cdm.kpi AS k";

#[tokio::test]
async fn no_figure_decreases_while_the_vault_is_rebuilt() -> Result<()> {
    no_figure_falls(Layer::Dds, 107).await
}

#[tokio::test]
async fn no_figure_decreases_while_the_marts_are_rebuilt() -> Result<()> {
    no_figure_falls(Layer::Cdm, 108).await
}

async fn no_figure_falls(layer: Layer, seed: u64) -> Result<()> {
    let week = Workload::clean(seed, 600);
    let (before, after) = week.events.split_at(500);
    let mut fixture = Fixture::loaded(&Workload { events: before.to_vec(), ..week.clone() }).await?;
    let (stop, stopped) = oneshot::channel();
    let watching = tokio::spawn(watch(fixture.pipeline.database().await?, stopped));

    fixture.take(layer)?.stop().await?;
    let output = fixture.service(layer).run(&["rebuild", "--yes"]).await?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // Another replica looks at the summary meanwhile, while there is one that may.
    let slow = || fixture.service(layer).env("BATCH_SIZE", "3");
    let _replicas = [slow().spawn()?, slow().spawn()?];
    fixture.pipeline.load(after).await?;
    let over = async || Ok(fixture.pipeline.count("SELECT count(*) FROM public.tagmill_rebuilds").await? == 0);
    until("the rebuild is complete", WAIT_TIMEOUT, over).await?;
    fixture.wait_idle().await?;
    drop(stop);
    let looks = watching.await??;
    ensure!(looks > 20, "only {looks} observations");
    assert_eq!(fixture.pipeline.count("SELECT order_cnt FROM cdm.kpi").await?, 600);
    fixture.assert_right().await
}

/// Polls the figures; none may decrease. Returns the number of polls.
async fn watch(client: tokio_postgres::Client, mut stop: Receiver<()>) -> Result<usize> {
    let mut known: Vec<f64> = Vec::new();
    let mut looks = 0;
    let mut tick = interval(Duration::from_millis(20));
    while stop.try_recv() == Err(TryRecvError::Empty) {
        tick.tick().await;
        let now: Vec<f64> = client.query_one(FIGURES, &[]).await?.get(0);
        ensure!(known.iter().zip(&now).all(|(known, now)| now >= known), "from {known:?} to {now:?}");
        known = now;
        looks += 1;
    }
    ensure!(known.len() == 10, "{known:?}");
    Ok(looks)
}
