//! Tests of charts with unusual data.

use anyhow::{Result, ensure};
use harness::Pipeline;

use super::{FILLED, RUSSIAN, address, browser::Browser, cdm, open_tab};

/// Number of positions on the axis of a chart with rows of these days.
fn places(days: &[&str]) -> String {
    let fields = "[{role: 'by', type: 'date'}, {role: 'value', type: 'bigint', title: {ru: 'Заказы', en: 'Orders'}}]";
    let rows: Vec<String> = days.iter().map(|day| format!("['{day}', 1]")).collect();
    let rows = rows.join(", ");
    format!(
        "import('/dashboard/chart/shape.js').then(({{shape}}) => shape({{fields: {fields}}}, [{rows}]).places.length)"
    )
}

#[tokio::test]
async fn an_old_order_and_a_reserved_word_do_not_break_a_chart() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    let service = cdm(&pipeline).start().await?;
    let mut browser = Browser::start(&RUSSIAN).await?;
    browser.open(&address(&service)).await?;
    browser.until(FILLED).await?;
    ensure!(browser.evaluate(&places(&["2026-02-27", "2026-03-02"])).await? == 4, "a day without orders has a place");
    ensure!(browser.evaluate(&places(&["0001-01-01", "2026-03-02"])).await? == 2, "two thousand years have none");
    let coloured = "import('/dashboard/chart/colours.js').then(({hues}) => \
                    [...hues(['constructor', 'Пицца', 'toString']).values()].every((it) => it.startsWith('#')))";
    ensure!(browser.evaluate(coloured).await? == true, "a category has no colour");
    Ok(())
}

/// Text of the open tab.
const SAID: &str = "document.querySelector('.panel:not([hidden])').innerText";

#[tokio::test]
async fn a_new_installation_shows_that_there_are_no_data() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    let service = cdm(&pipeline).start().await?;
    pipeline.summarized().await?;
    let mut browser = Browser::start(&RUSSIAN).await?;
    browser.open(&address(&service)).await?;
    browser.until(FILLED).await?;
    for tab in &dashboards::orders()?.tabs {
        open_tab(&mut browser, &tab.id).await?;
        let said = browser.evaluate(SAID).await?.to_string();
        for odd in ["NaN", "undefined", "null", "Invalid", "9999", "10000", "9223372036854775807", "T0", "T2"] {
            ensure!(!said.contains(odd), "the tab {} says {odd}: {said}", tab.id);
        }
    }
    for (chart, figure) in
        [("counters_changed", "—"), ("last_order", "—"), ("stale_days", "0"), ("summary_age", "0\u{a0}с")]
    {
        let shown = format!("document.querySelector('#chart-{chart} .figure').textContent");
        assert_eq!(browser.evaluate(&shown).await?, figure, "{chart}");
    }
    ensure!(browser.complaints().is_empty(), "{:?}", browser.complaints());
    Ok(())
}
