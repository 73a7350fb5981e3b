//! Tests of selectors: a choice filters the charts, is part of the address, and can be undone.

use anyhow::{Context, Result, ensure};
use harness::Workload;

use super::{
    FILLED, Fixture, RUSSIAN,
    expected::{self, Language},
    shown,
};

/// Sets a selector as its user would.
fn set(selector: &str, value: &str) -> String {
    format!(
        "(() => {{ const it = document.getElementById('selector-{selector}'); it.value = '{value}'; \
         it.dispatchEvent(new Event('change', {{bubbles: true}})); }})()"
    )
}

/// The charts that declare that the selectors do not apply.
const REGARDLESS: &str = "[...document.querySelectorAll('.panel:not([hidden]) .card')]
    .filter((card) => !card.querySelector('.unnarrowed').hidden).map((card) => card.id.replace('chart-', ''))";

#[tokio::test]
async fn a_selection_filters_the_charts_and_is_part_of_the_address() -> Result<()> {
    let fixture = Fixture::set(&Workload::clean(62, 400)).await?;
    let spec = dashboards::orders()?;
    let tab = &spec.tabs[0];
    let category =
        fixture.pipeline.sql("SELECT category_name FROM cdm.category_popularity WHERE place = 2").await?.join("");
    let days = fixture.pipeline.sql("SELECT min(day_msk) + 1 FROM cdm.orders_by_day").await?.join("");
    let mut browser = fixture.visit(&RUSSIAN).await?;
    let all = shown::read(&mut browser).await?;

    browser.evaluate(&set("category", &category)).await?;
    browser.evaluate(&set("period-first", &days)).await?;
    let narrowed =
        format!("document.querySelector('#chart-top_categories tbody').rows.length === 1 && {REGARDLESS}.length > 0");
    for round in ["chosen", "from the address"] {
        browser.until(&narrowed).await?;
        let shown = shown::read(&mut browser).await?;
        let regardless: Vec<String> = serde_json::from_value(browser.evaluate(REGARDLESS).await?)?;
        let last = fixture.pipeline.sql("SELECT max(day_msk) FROM cdm.orders_by_day").await?.join("");
        for chart in &tab.charts {
            let selectors: Vec<_> =
                tab.selectors.iter().filter(|it| it.id != "restaurant" && spec.narrows(it, chart)).collect();
            ensure!(regardless.contains(&chart.id) == selectors.is_empty(), "{round}: {} says the contrary", chart.id);
            let mut sql = chart.sql_narrowed(&selectors);
            let by_day = sql.contains("::date");
            for (from, to) in [("$1::date", format!("'{days}'::date")), ("$2::date", format!("'{last}'::date"))] {
                sql = sql.replace(from, &to);
            }
            sql = sql.replace(if by_day { "$3::text[]" } else { "$1::text[]" }, &format!("ARRAY['{category}']"));
            let expected = expected::rows(&fixture.pipeline, chart, &sql, Language::Ru).await?;
            let shown = shown.get(&chart.id).context("a chart is not shown")?;
            ensure!(*shown == expected, "{round}, {}: {shown:?} instead of {expected:?}", chart.id);
        }
        let address = browser.evaluate("location.href").await?;
        browser.open(address.as_str().context("no address")?).await?;
        browser.until(FILLED).await?;
        shown::read(&mut browser).await?;
    }

    browser.evaluate("document.querySelector('.reset').click()").await?;
    browser.until(&format!("{REGARDLESS}.length === 0 && document.querySelector('.reset').hidden")).await?;
    browser.until("document.querySelector('#chart-top_categories tbody').rows.length > 1").await?;
    let again = shown::read(&mut browser).await?;
    // When the summary was refreshed may have changed meanwhile.
    let differing: Vec<_> =
        all.iter().filter(|(id, rows)| *id != "shown_as_of" && again.get(*id) != Some(rows)).collect();
    ensure!(differing.is_empty(), "still narrowed: {differing:?}");
    ensure!(browser.complaints().is_empty(), "{:?}", browser.complaints());
    Ok(())
}
