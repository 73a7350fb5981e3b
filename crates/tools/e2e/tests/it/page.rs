//! Tests of the page at `/dashboard` in a real browser.

use anyhow::{Context, Result};
use harness::{Layer, Pipeline, Process, Service, Workload};

use self::browser::{Browser, Visitor};

mod browser;
mod shown;
mod expected;
mod numbers;
mod selectors;
mod live;
mod appearance;
mod keyboard;
mod access;
mod answers;
mod unusual_data;
mod many_names;

const RUSSIAN: Visitor = Visitor { language: "ru-RU", theme: "light", width: 1440 };

/// Whether the open tab shows numbers.
const FILLED: &str =
    "[...document.querySelectorAll('.panel:not([hidden]) .figure')].some(it => it.textContent !== '…')";

/// A pipeline that has something to show.
struct Fixture {
    services: Vec<Process>,
    pipeline: Pipeline,
}

impl Fixture {
    /// With these orders, added up.
    async fn set(week: &Workload) -> Result<Self> {
        let pipeline = Pipeline::start(1).await?;
        pipeline.name(&week.reference).await?;
        let mut services = Vec::new();
        for layer in [Layer::Stg, Layer::Dds] {
            services.push(pipeline.service(layer).spawn()?);
        }
        services.push(cdm(&pipeline).start().await?);
        let fixture = Self { services, pipeline };
        fixture.load(week).await?;
        Ok(fixture)
    }

    /// Loads orders and waits until the views show them.
    async fn load(&self, week: &Workload) -> Result<()> {
        self.pipeline.load(&week.events).await?;
        self.pipeline.wait_idle().await?;
        self.pipeline.summarized().await
    }

    /// The process that serves the page.
    fn cdm(&self) -> Result<&Process> {
        self.services.last().context("no service")
    }

    /// URL of the page.
    fn address(&self) -> Result<String> {
        Ok(address(self.cdm()?))
    }

    /// The page, open and filled.
    async fn visit(&self, visitor: &Visitor) -> Result<Browser> {
        let mut browser = Browser::start(visitor).await?;
        browser.open(&self.address()?).await?;
        browser.until(FILLED).await?;
        Ok(browser)
    }
}

/// CDM with a summary that is always fresh.
fn cdm(pipeline: &Pipeline) -> Service<'_> {
    pipeline.service(Layer::Cdm).env("SUMMARY_REFRESH", "100ms")
}

fn address(cdm: &Process) -> String {
    format!("http://{}/dashboard", cdm.address())
}

/// Opens a tab of the page and waits for its figures.
async fn open_tab(browser: &mut Browser, id: &str) -> Result<()> {
    browser.evaluate(&format!("document.getElementById('tab-{id}').click()")).await?;
    browser.until(&format!("!document.getElementById('panel-{id}').hidden && {FILLED}")).await
}
