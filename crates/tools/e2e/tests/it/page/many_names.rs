//! Tests of very many and very long names.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use harness::{Layer, Pipeline};
use serde_json::json;

use super::{
    FILLED, RUSSIAN, address,
    browser::{Browser, Visitor},
    open_tab,
    shown::{self, Shown},
};

/// 2,000 statuses, and categories, restaurants and products with names of 250 characters without a blank.
const FILL: &str = "
    INSERT INTO cdm_summary.categories
    SELECT md5(n::text)::uuid, left(n || repeat('Ъ', 250), 250) FROM generate_series(1, 2000) AS n;
    INSERT INTO cdm_summary.restaurants
    SELECT md5(n::text)::uuid, n::text, left(n || repeat('W', 250), 250) FROM generate_series(1, 2000) AS n;
    INSERT INTO cdm_summary.products
    SELECT md5(n::text)::uuid, repeat('W', 250) || n, md5(n::text)::uuid, n, n, n FROM generate_series(1, 2000) AS n;
    INSERT INTO cdm_summary.category_days
    SELECT date '2026-01-01' + d, md5(n::text)::uuid, n, n, n
    FROM generate_series(1, 2000) AS n, generate_series(1, 10) AS d;
    INSERT INTO cdm_summary.order_hours
    SELECT timestamp '2026-01-01', timestamp '2026-01-01', md5(n::text)::uuid, left(n || repeat('S', 250), 250), n, 1, 1,
        timestamp '2026-01-01'
    FROM generate_series(1, 2000) AS n";

/// Sum of all orders: 1 + 2 + … + 2,000.
const ORDERS: u64 = 2_001_000;

const TOO_WIDE: &str = "document.documentElement.scrollWidth - document.documentElement.clientWidth";

/// Entries of the legend of a chart, and their tooltips.
fn legend(chart: &str) -> String {
    format!("[...document.querySelectorAll('#chart-{chart} .legend span')].map((it) => [it.textContent, it.title])")
}

#[tokio::test]
async fn long_names_are_truncated_and_small_values_are_summed_as_others() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    // No refresh removes what is filled in.
    let cdm = pipeline.service(Layer::Cdm).env("SUMMARY_REFRESH", "24h").start().await?;
    pipeline.sql(FILL).await?;
    for visitor in [RUSSIAN, Visitor { language: "ru-RU", theme: "light", width: 390 }] {
        let mut browser = Browser::start(&visitor).await?;
        browser.open(&address(&cdm)).await?;
        browser.until(FILLED).await?;
        for tab in ["popularity", "tags", "health"] {
            open_tab(&mut browser, tab).await?;
            let shown = shown::read(&mut browser).await?;
            let wide = browser.evaluate(TOO_WIDE).await?;
            ensure!(wide == 0, "{tab}: {wide} px too wide on a screen of {}", visitor.width);
            compare(tab, &shown)?;
            if let Some((chart, series)) = [("popularity", "categories_by_day"), ("health", "arrivals")]
                .into_iter()
                .find_map(|(of, chart)| (of == tab).then_some((chart, 11)))
            {
                let entries = browser.evaluate(&legend(chart)).await?;
                let entries = entries.as_array().context("no legend")?;
                ensure!(entries.len() == series, "{chart}: {} entries", entries.len());
                ensure!(entries.iter().all(|entry| entry[0] == entry[1]), "{entries:?}");
                ensure!(entries.contains(&json!(["Остальное", "Остальное"])), "{entries:?}");
            }
        }
        ensure!(browser.complaints().is_empty(), "{:?}", browser.complaints());
    }
    Ok(())
}

/// Compares the tables of a tab: their length, names that are told apart, and the sum with all others.
fn compare(tab: &str, shown: &Shown) -> Result<()> {
    for (chart, rows) in shown {
        ensure!(rows.len() <= 1 + 92 * 11, "{chart} has {} rows", rows.len());
        let longest = rows.iter().flatten().map(|text| text.chars().count()).max();
        ensure!(longest.is_none_or(|longest| longest <= 100), "{chart} has a name of {longest:?} characters");
    }
    if tab == "popularity" {
        let products = shown.get("products").context("no products")?;
        let names: BTreeSet<&String> = products.iter().filter_map(|row| row.get(1)).collect();
        ensure!(products.len() == 101 && names.len() == 101, "{} products, {} names", products.len(), names.len());
    }
    if tab == "health" {
        let statuses = shown.get("statuses").context("no statuses")?;
        ensure!(statuses.len() == 22 && statuses[21][0] == "Остальное", "{:?}", statuses.last());
        let number = |row: &Vec<String>| row[1].chars().filter(char::is_ascii_digit).collect::<String>().parse::<u64>();
        let sum: u64 = statuses[1..].iter().map(number).sum::<Result<u64, _>>()?;
        ensure!(sum == ORDERS, "{sum} orders");
    }
    Ok(())
}
