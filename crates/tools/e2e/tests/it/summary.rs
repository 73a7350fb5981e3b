//! Tests of the summary: the figures for dashboards equal the tables under every fault of the services.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result};
use harness::{Layer, Pipeline, Process, Service, Workload};

mod truth;
mod views;
mod orders;
mod replayed;
mod rebuilt;
mod replicas;
mod idle;
mod day_order;
mod plan;
mod reader;

const WAIT_TIMEOUT: Duration = Duration::from_secs(180);

/// A pipeline whose summary is refreshed all the time.
struct Fixture {
    services: BTreeMap<Layer, Process>,
    pipeline: Pipeline,
}

impl Fixture {
    /// With this loaded.
    async fn loaded(workload: &Workload) -> Result<Self> {
        let pipeline = Pipeline::start(1).await?;
        truth::tell(&pipeline).await?;
        pipeline.name(&workload.reference).await?;
        let mut fixture = Self { services: BTreeMap::new(), pipeline };
        for layer in Layer::ALL {
            fixture.services.insert(layer, fixture.service(layer).spawn()?);
        }
        fixture.load(workload).await?;
        Ok(fixture)
    }

    /// Loads more records, and waits until they are processed and summarized.
    async fn load(&self, workload: &Workload) -> Result<()> {
        self.pipeline.load(&workload.events).await?;
        self.wait_idle().await
    }

    /// A service as all of them are here.
    fn service(&self, layer: Layer) -> Service<'_> {
        self.pipeline.service(layer).env("SUMMARY_REFRESH", "100ms")
    }

    /// Removes the service of a layer from the fixture and returns it.
    fn take(&mut self, layer: Layer) -> Result<Process> {
        self.services.remove(&layer).with_context(|| format!("{} does not run", layer.binary()))
    }

    /// Waits until everything is through and added up.
    async fn wait_idle(&self) -> Result<()> {
        self.pipeline.wait_idle().await?;
        self.pipeline.summarized().await
    }

    /// Audits, and every view against the truth.
    async fn assert_right(&self) -> Result<()> {
        self.pipeline.audit().await?;
        truth::assert_views(&self.pipeline).await
    }
}
