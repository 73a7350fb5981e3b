//! Tests of appearance: light and dark, Russian and English, any screen size, readable contrast.

use anyhow::{Result, ensure};
use harness::Workload;

use super::{
    FILLED, Fixture, RUSSIAN,
    browser::{Browser, Visitor},
    open_tab, shown,
};

/// WCAG levels A and AA and best practices, checked by axe.
const AXE: &str = include_str!("../../fixtures/axe.min.js");

const VIOLATIONS: &str =
    "axe.run({preload: false, resultTypes: ['violations', 'incomplete']}).then(({violations, passes}) =>
    violations.map(({id, nodes}) => id + ': ' + nodes.map(({html}) => html).join(' | '))
        .concat(passes.length > 20 ? [] : ['axe has hardly looked']))";

const TABS: [&str; 3] = ["popularity", "tags", "health"];

#[tokio::test]
async fn language_and_theme_follow_the_browser_and_are_remembered() -> Result<()> {
    let fixture = Fixture::set(&Workload::clean(66, 100)).await?;
    let mut browser = fixture.visit(&Visitor { language: "en-US", theme: "dark", width: 1440 }).await?;
    let state = "[document.documentElement.lang, document.documentElement.dataset.theme, \
                  document.querySelector('#chart-orders h2').textContent].join()";
    ensure!(browser.evaluate(state).await? == "en,dark,Orders");
    for button in ["language", "theme"] {
        browser.evaluate(&format!("document.getElementById('{button}').click()")).await?;
    }
    browser.until(FILLED).await?;
    ensure!(browser.evaluate(state).await? == "ru,light,Заказы");
    browser.open(&fixture.address()?).await?;
    browser.until(FILLED).await?;
    ensure!(browser.evaluate(state).await? == "ru,light,Заказы", "the choice is forgotten");
    // Another visitor, who has chosen nothing, gets what their system has.
    let mut other = fixture.visit(&RUSSIAN).await?;
    ensure!(other.evaluate(state).await? == "ru,light,Заказы");
    Ok(())
}

#[tokio::test]
async fn the_page_is_accessible_at_every_screen_size() -> Result<()> {
    let fixture = Fixture::set(&Workload::dirty(67, 300)).await?;
    for visitor in [
        RUSSIAN,
        Visitor { language: "en-US", theme: "dark", width: 1440 },
        Visitor { language: "ru-RU", theme: "dark", width: 390 },
        Visitor { language: "en-US", theme: "light", width: 320 },
    ] {
        let mut browser = fixture.visit(&visitor).await?;
        for tab in TABS {
            open_tab(&mut browser, tab).await?;
            // Folded and unfolded.
            fits(&mut browser, &visitor).await?;
            shown::read(&mut browser).await?;
            fits(&mut browser, &visitor).await?;
            browser.evaluate(AXE).await?;
            let violations = browser.evaluate(VIOLATIONS).await?;
            ensure!(violations == serde_json::json!([]), "{tab}, {} {}: {violations}", visitor.language, visitor.theme);
        }
        ensure!(browser.complaints().is_empty(), "{:?}", browser.complaints());
    }
    Ok(())
}

/// Only elements with their own scroll box are wider than the screen, and every chart is drawn and has a text
/// alternative.
async fn fits(browser: &mut Browser, visitor: &Visitor) -> Result<()> {
    let wide = browser.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth").await?;
    ensure!(wide == 0, "{} px too wide on a screen of {}", wide, visitor.width);
    let drawn = "[...document.querySelectorAll('.panel:not([hidden]) .picture:not([hidden])')].every((it) => \
                 it.querySelector('canvas') && it.clientHeight >= 100 && it.getAttribute('aria-label').includes(': '))";
    browser.until(drawn).await
}
