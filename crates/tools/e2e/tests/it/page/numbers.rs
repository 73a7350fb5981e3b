//! Tests of figures: every number on the page equals that of the views, in both languages.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use dashboards::spec::{Chart, Kind, Tab};
use harness::{Pipeline, Workload, until};

use super::{
    Fixture, RUSSIAN,
    browser::Browser,
    expected::{self, Language},
    open_tab,
    shown::{self, Shown},
};

/// The one column that nothing but the clock changes.
const AGE: &str = "refresh_age_seconds";

/// Time limit for the page to follow the views: several polling intervals.
const WAIT_TIMEOUT: Duration = Duration::from_secs(60);

const AGE_NOW: &str = "SELECT refresh_age_seconds FROM cdm.freshness";

#[tokio::test]
async fn every_number_of_the_page_equals_the_views() -> Result<()> {
    let fixture = Fixture::set(&Workload::dirty(61, 600)).await?;
    let spec = dashboards::orders()?;
    let (began, before) = (Instant::now(), fixture.pipeline.count(AGE_NOW).await?);
    let mut browser = fixture.visit(&RUSSIAN).await?;
    let mut ages = Vec::new();
    for language in [Language::Ru, Language::En] {
        for tab in &spec.tabs {
            open_tab(&mut browser, &tab.id).await?;
            // The summary may be refreshed between the look at the page and that at the views: then the page follows.
            let mut difference = None;
            let agree = async || match compare_all(&fixture.pipeline, tab, &mut browser, language).await {
                Ok(found) => {
                    ages.extend(found);
                    Ok(true)
                }
                Err(error) => {
                    difference = Some(error);
                    Ok(false)
                }
            };
            let agreed = until("the page says what the views say", WAIT_TIMEOUT, agree).await;
            agreed.map_err(|timeout| difference.unwrap_or(timeout))?;
        }
        browser.evaluate("document.getElementById('language').click()").await?;
    }
    let most = before + began.elapsed().as_secs() + 1;
    ensure!(ages.len() == 2 && ages.iter().all(|age| *age <= most), "{ages:?}: more than {most}");
    ensure!(browser.complaints().is_empty(), "{:?}", browser.complaints());
    let here = fixture.address()?.replace("/dashboard", "");
    ensure!(
        browser.origins().iter().all(|origin| *origin == here || origin == "about:blank"),
        "{:?}",
        browser.origins()
    );
    Ok(())
}

/// Compares all cards of the open tab with their charts; returns the displayed age of the summary.
async fn compare_all(pipeline: &Pipeline, tab: &Tab, browser: &mut Browser, language: Language) -> Result<Vec<u64>> {
    let shown = shown::read(browser).await?;
    ensure!(shown.len() == tab.charts.len(), "{} cards for {} charts", shown.len(), tab.charts.len());
    let mut ages = Vec::new();
    for chart in &tab.charts {
        ages.extend(compare(pipeline, chart, &shown, language).await?);
    }
    Ok(ages)
}

/// Compares a card with its chart; returns the displayed age of the summary.
async fn compare(pipeline: &Pipeline, chart: &Chart, shown: &Shown, language: Language) -> Result<Option<u64>> {
    let mut shown = shown.get(&chart.id).with_context(|| format!("{} is not shown", chart.id))?.clone();
    let mut expected = expected::rows(pipeline, chart, &chart.sql(), language).await?;
    ensure!(expected.len() > usize::from(chart.kind != Kind::Kpi), "{}: nothing to compare", chart.id);
    let mut age = None;
    if chart.fields.iter().any(|field| field.column.name == AGE) {
        age = shown.pop().and_then(|mut row| row.pop());
        expected.pop();
    }
    if let Some(at) = chart.fields.iter().position(|field| field.column.name == "indicator_name") {
        // The age is the last indicator of the last layer; what they are called in English only the page knows.
        age = shown.pop().and_then(|mut row| row.pop());
        expected.pop();
        if language == Language::En {
            for (row, expected) in shown.iter_mut().zip(&mut expected) {
                ensure!(row[at].is_ascii(), "{} has no English name", row[at]);
                row[at].clone_from(&expected[at]);
            }
        }
    }
    ensure!(shown == expected, "{} in {language:?}: {shown:?} instead of {expected:?}", chart.id);
    let digits = |text: String| text.chars().filter(char::is_ascii_digit).collect::<String>().parse().ok();
    Ok(age.and_then(digits))
}
