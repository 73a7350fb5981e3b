//! Tests of keyboard access: everything is reachable without a mouse, and the focus is visible.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use harness::Workload;

use super::{Fixture, RUSSIAN, browser::Browser};

/// The element with the focus, and whether the focus is visible.
const FOCUS: &str = "(() => { const it = document.activeElement; const {outlineStyle, outlineWidth} = getComputedStyle(it);
    return [it.id || it.closest('[id]')?.id + ' ' + it.tagName, outlineStyle !== 'none' && outlineWidth !== '0px']; })()";

/// Visible elements that can be clicked, typed into or scrolled.
const OPERABLE: &str = "[...document.querySelectorAll('a[href], button, select, input, summary, .numbers')]
    .filter((it) => it.checkVisibility() && it.getAttribute('aria-selected') !== 'false' && !it.closest('details:not([open]) > .numbers'))
    .map((it) => it.id || it.closest('[id]')?.id + ' ' + it.tagName)";

#[tokio::test]
async fn everything_is_reachable_by_keyboard_with_a_visible_focus() -> Result<()> {
    let fixture = Fixture::set(&Workload::clean(68, 100)).await?;
    let mut browser = fixture.visit(&RUSSIAN).await?;
    browser.until("document.querySelectorAll('.legend button').length > 3").await?;
    for (key, tab) in [("ArrowRight", "tags"), ("End", "health"), ("ArrowRight", "popularity"), ("ArrowLeft", "health")]
    {
        browser.evaluate("document.querySelector('[role=tab][tabindex=\"0\"]').focus()").await?;
        browser.press(key).await?;
        let open =
            format!("document.activeElement.id === 'tab-{tab}' && !document.getElementById('panel-{tab}').hidden");
        browser.until(&open).await?;
    }
    browser.press("Home").await?;
    browser.until("!document.getElementById('panel-popularity').hidden").await?;

    let operable: BTreeSet<String> = serde_json::from_value(browser.evaluate(OPERABLE).await?)?;
    ensure!(operable.len() > 20, "{operable:?}");
    let reached = walk(&mut browser, &operable).await?;
    let missing: Vec<&String> = operable.difference(&reached).collect();
    ensure!(missing.is_empty(), "never reached: {missing:?}");

    // A series is left out and comes back, a table is unfolded, by Enter.
    for (place, changed) in [
        ("#chart-orders_by_day .legend button", "document.activeElement.getAttribute('aria-pressed') === 'false'"),
        ("#chart-orders_by_day summary", "document.querySelector('#chart-orders_by_day tbody') !== null"),
    ] {
        browser.evaluate(&format!("document.querySelector('{place}').focus()")).await?;
        browser.press("Enter").await?;
        browser.until(changed).await?;
    }
    ensure!(browser.complaints().is_empty(), "{:?}", browser.complaints());
    Ok(())
}

/// All elements that the Tab key reaches; the focus of each must be visible.
async fn walk(browser: &mut Browser, operable: &BTreeSet<String>) -> Result<BTreeSet<String>> {
    let mut reached = BTreeSet::new();
    browser.evaluate("document.activeElement.blur()").await?;
    // Parts of one control are stops of their own: a date has day, month and year.
    for _ in 0..operable.len() * 4 {
        browser.press("Tab").await?;
        let focus = browser.evaluate(FOCUS).await?;
        let (place, seen) = (focus[0].as_str().context("no focus")?, focus[1] == true);
        ensure!(seen || !operable.contains(place), "{place} has the focus, which is not visible");
        reached.insert(place.to_owned());
    }
    Ok(reached)
}
