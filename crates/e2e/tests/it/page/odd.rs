//! What pictures make of odd data.

use anyhow::{Result, ensure};
use e2e::Pipeline;

use super::{FILLED, RUSSIAN, address, browser::Browser, cdm};

/// How many places the axis of a chart has whose rows are of these days.
fn places(days: &[&str]) -> String {
    let fields = "[{role: 'by', type: 'date'}, {role: 'value', type: 'bigint', title: {ru: 'Заказы', en: 'Orders'}}]";
    let rows: Vec<String> = days.iter().map(|day| format!("['{day}', 1]")).collect();
    let rows = rows.join(", ");
    format!("import('/dashboard/shape.js').then(({{shape}}) => shape({{fields: {fields}}}, [{rows}]).places.length)")
}

#[tokio::test]
async fn an_order_of_long_ago_and_a_word_of_the_language_spoil_no_picture() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    let service = cdm(&pipeline).start().await?;
    let mut browser = Browser::start(&RUSSIAN).await?;
    browser.open(&address(&service)).await?;
    browser.until(FILLED).await?;
    ensure!(browser.evaluate(&places(&["2026-02-27", "2026-03-02"])).await? == 4, "a day without orders has a place");
    ensure!(browser.evaluate(&places(&["0001-01-01", "2026-03-02"])).await? == 2, "two thousand years have none");
    let coloured = "import('/dashboard/colours.js').then(({hues}) => \
                    [...hues(['constructor', 'Пицца', 'toString']).values()].every((it) => it.startsWith('#')))";
    ensure!(browser.evaluate(coloured).await? == true, "a category has no colour");
    Ok(())
}
