//! Tests of access to the page: without a token, with a token, and switched off.

use anyhow::{Result, ensure};
use harness::Pipeline;

use super::{FILLED, RUSSIAN, address, browser::Browser, cdm, shown::text};

const DATA: &str = "/dashboard/data";

/// Number of completed requests for data.
const ASKED: &str = "performance.getEntriesByType('resource').filter(({name}) => name.includes('/data?')).length";

/// Types into the form and sends it.
fn typed(token: &str) -> String {
    format!(
        "(() => {{ document.getElementById('token-text').value = '{token}'; document.getElementById('token').requestSubmit(); }})()"
    )
}

#[tokio::test]
async fn the_token_is_asked_for_and_kept_until_the_tab_is_closed() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    let service = cdm(&pipeline).env("TAG_API_TOKEN", "open sesame").start().await?;
    for (headers, expected) in
        [("", 401), ("authorization: Bearer wrong\r\n", 401), ("authorization: Bearer open sesame\r\n", 200)]
    {
        ensure!(service.ask("GET", DATA, headers).await?.0 == expected, "{headers}");
    }
    let mut browser = Browser::start(&RUSSIAN).await?;
    browser.open(&address(&service)).await?;
    browser.until("document.activeElement.id === 'token-text'").await?;
    ensure!(browser.evaluate(FILLED).await? == false, "numbers without a token");
    // Whoever looks elsewhere for the token finds what they had typed so far; meanwhile the page has asked again.
    browser.evaluate("document.getElementById('token-text').value = 'open se'").await?;
    let asked = browser.evaluate(ASKED).await?;
    browser.evaluate("dispatchEvent(new Event('online'))").await?;
    browser.until(&format!("{ASKED} > {asked}")).await?;
    ensure!(browser.evaluate("document.getElementById('token-text').value").await? == "open se");
    // The second was meant for another layout of the keyboard.
    for wrong in ["open", "щзут ыуыфьу"] {
        browser.evaluate(&typed(wrong)).await?;
        browser.until("!document.getElementById('token-trouble').hidden").await?;
        ensure!(text(&mut browser, "#token-trouble").await?.contains("не подходит"));
        ensure!(browser.evaluate("document.getElementById('trouble').hidden").await? == true);
    }
    browser.evaluate(&typed("open sesame")).await?;
    browser.until(&format!("document.getElementById('token').hidden && {FILLED}")).await?;
    browser.open(&address(&service)).await?;
    browser.until(FILLED).await?;
    ensure!(browser.evaluate("JSON.stringify(localStorage).includes('sesame')").await? == false, "it outlives the tab");
    let strange: Vec<_> = browser.complaints().into_iter().filter(|complaint| !complaint.contains("401")).collect();
    ensure!(strange.is_empty(), "{strange:?}");
    Ok(())
}

#[tokio::test]
async fn a_disabled_dashboard_answers_404() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    let service = cdm(&pipeline).env("DASHBOARD", "off").start().await?;
    for path in ["/dashboard", "/dashboard/page.js", DATA] {
        ensure!(service.get(path).await?.0 == 404, "{path}");
    }
    ensure!(service.get("/api/v1/rules").await?.0 == 200, "the tag API is gone as well");
    let service = cdm(&pipeline).env("TAG_API", "off").start().await?;
    ensure!(service.get(DATA).await?.0 == 200, "without the tag API there is no page");
    Ok(())
}
