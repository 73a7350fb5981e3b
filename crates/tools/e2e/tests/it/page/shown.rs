//! Reader of the page: the figure or the table of each card of the open tab.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde_json::Value;

use super::browser::Browser;

/// The displayed rows of each chart, by its id.
pub(super) type Shown = BTreeMap<String, Vec<Vec<String>>>;

const UNFOLD: &str = "document.querySelectorAll('.panel:not([hidden]) details').forEach(it => it.open = true)";

const UNFOLDED: &str = "[...document.querySelectorAll('.panel:not([hidden]) details')].every(it => it.hidden || it.querySelector('tbody'))";

/// A figure that is a point in time: the time, then the day.
const READ: &str = "[...document.querySelectorAll('.panel:not([hidden]) .card')].map((card) => {
    const texts = (nodes) => [...nodes].map((node) => node.textContent);
    const figure = texts(card.querySelectorAll('.figure, .day')).filter(Boolean).join(' ');
    const rows = [...card.querySelectorAll('table tr')].map((row) => texts(row.children));
    return [card.id.replace('chart-', ''), figure ? [[figure]] : rows];
})";

/// Unfolds every table and reads them all. The first row of a table is its head.
pub(super) async fn read(browser: &mut Browser) -> Result<Shown> {
    browser.evaluate(UNFOLD).await?;
    browser.until(UNFOLDED).await?;
    let cards = browser.evaluate(READ).await?;
    let cards: Vec<(String, Vec<Vec<String>>)> = serde_json::from_value(cards).context("no cards")?;
    Ok(cards.into_iter().map(|(id, rows)| (id, rows.iter().map(|row| with_plain_spaces(row)).collect())).collect())
}

/// Text at one place of the page.
pub(super) async fn text(browser: &mut Browser, selector: &str) -> Result<String> {
    let text = browser.evaluate(&format!("document.querySelector({}).textContent", Value::from(selector))).await?;
    Ok(plain(text.as_str().context("no text")?))
}

fn with_plain_spaces(row: &[String]) -> Vec<String> {
    row.iter().map(|cell| plain(cell)).collect()
}

fn plain(text: &str) -> String {
    text.replace(['\u{a0}', '\u{202f}'], " ")
}
