//! Expensive responses: a user with many counters, a dashboard with many names, many clients at once.

use std::{collections::BTreeSet, time::Duration};

use anyhow::{Context, Result, ensure};
use futures_util::future::try_join_all;
use harness::{
    Layer, Pipeline, Process,
    hostile::clients::{Attack, Client, limit_files},
    until,
};
use serde_json::Value;

use super::{MAX_DATA_KIB, OWN_FILES};
use crate::tags::{USER, counters, say};

/// Counters of one user, with names of 3 KB.
const PRODUCTS: usize = 5_000;

const MAX_RESPONSE_BYTES: usize = 1 << 20;

const COUNTERS: &str = "/api/v1/users/626a81ce9a8cd1920641e296/counters";

const WAIT_TIMEOUT: Duration = Duration::from_secs(60);

/// Adds counters to the one user, and statuses, categories and restaurants to the summary: of each so many, with names
/// that PostgreSQL cannot compress away.
const FILL: &str = "
    INSERT INTO cdm.user_product_counters (user_id, product_id, product_name, order_cnt, version)
    SELECT u.user_id, md5(n::text)::uuid, long.name || n, 1 + n % 100, 1
    FROM cdm.users AS u, generate_series(1, 5000) AS n,
        (SELECT string_agg(md5(k::text), '') AS name FROM generate_series(1, 100) AS k) AS long;
    INSERT INTO cdm_summary.categories
    SELECT md5(n::text)::uuid, left(repeat('Ы', 240) || n, 255) FROM generate_series(1, 5000) AS n;
    INSERT INTO cdm_summary.restaurants
    SELECT md5(n::text)::uuid, n::text, repeat('😀', 1000) || n FROM generate_series(1, 5000) AS n;
    INSERT INTO cdm_summary.category_days
    SELECT date '2026-01-01' + d, md5(n::text)::uuid, n, n, n
    FROM generate_series(1, 200) AS n, generate_series(1, 92) AS d;
    INSERT INTO cdm_summary.order_hours
    SELECT timestamp '2026-01-01' + h * interval '1 hour', timestamp '2026-01-01' + h * interval '1 hour', md5(n::text)::uuid,
        'STATUS ' || n, 1, 1, 1, timestamp '2026-01-01'
    FROM generate_series(1, 200) AS n, generate_series(1, 72) AS h;
    ANALYZE";

#[tokio::test]
async fn are_small_and_few_at_a_time() -> Result<()> {
    let pipeline = Pipeline::start(1).await?.in_pods_of_128_mib();
    // No refresh removes what is filled in.
    let cdm = pipeline.service(Layer::Cdm).env("SUMMARY_REFRESH", "24h").start().await?;
    limit_files(&cdm, OWN_FILES).await?;
    say(&pipeline, counters(USER, 1, 3, 1)).await?;
    pipeline.sql(FILL).await?;
    every_counter_is_on_one_page(&cdm).await?;
    for tab in &dashboards::orders()?.tabs {
        let (status, body) = cdm.get(&format!("/dashboard/data?tab={}", tab.id)).await?;
        ensure!(status == 200 && body.len() <= MAX_RESPONSE_BYTES, "{}: {status}, {} bytes", tab.id, body.len());
    }
    // Many clients at once, some of which take nothing. Each is answered, if only by being told to come again.
    let attack = Attack::start(cdm.address(), 40, &[Client::SlowReader(COUNTERS), Client::Greedy(COUNTERS)])?;
    until("requests are refused", WAIT_TIMEOUT, async || {
        Ok(cdm.metric("tagmill_http_requests_refused_total").await? > 0.0)
    })
    .await?;
    let asked = (0..40).map(|number| {
        cdm.whole("GET", ["/dashboard/data?tab=popularity", "/dashboard/data?tab=health", COUNTERS][number % 3], "")
    });
    for (head, body) in try_join_all(asked).await? {
        let is_refused = head.starts_with("HTTP/1.1 503") && head.contains("retry-after: 1");
        ensure!(is_refused || (head.starts_with("HTTP/1.1 200") && body.len() <= MAX_RESPONSE_BYTES), "{head}");
    }
    ensure!(cdm.get("/health").await?.0 == 200 && cdm.get("/ready").await?.0 == 200);
    drop(attack);
    until("requests are answered again", WAIT_TIMEOUT, async || Ok(cdm.get(COUNTERS).await?.0 == 200)).await?;
    let peak = cdm.peak_of_data_kib().await?;
    ensure!(peak <= MAX_DATA_KIB, "{peak} KiB");
    Ok(())
}

/// Reads all pages of the counters, largest first.
async fn every_counter_is_on_one_page(cdm: &Process) -> Result<()> {
    let (mut seen, mut least, mut next) = (BTreeSet::new(), i64::MAX, String::new());
    loop {
        let (status, body) = cdm.get(&format!("{COUNTERS}?limit=700{next}")).await?;
        ensure!(status == 200 && body.len() <= MAX_RESPONSE_BYTES, "{status}, {} bytes", body.len());
        let page: Value = serde_json::from_str(&body)?;
        let mut here = Vec::new();
        for list in ["categories", "products"] {
            let mut counts = Vec::new();
            for counter in page[list].as_array().context("no list")? {
                counts.push(counter["order_cnt"].as_i64().context("no count")?);
                let name = counter["name"].as_str().context("no name")?;
                ensure!(name.chars().count() <= 255 && seen.insert(format!("{list} {}", counter["id"])), "{counter}");
            }
            ensure!(counts.is_sorted_by(|one, other| one >= other), "{counts:?}");
            here.extend(counts);
        }
        ensure!(here.iter().all(|count| *count <= least), "a page has larger counts than the one before");
        least = here.into_iter().min().unwrap_or(least);
        match page["next"].as_str() {
            Some(after) => next = format!("&after={}", after.replace(' ', "%20")),
            None => break,
        }
    }
    ensure!(seen.len() == PRODUCTS + 2, "{} counters", seen.len());
    Ok(())
}
