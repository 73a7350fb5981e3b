//! The services of a pipeline: one of a layer, or all.

use anyhow::Result;

use crate::layer::Layer;
use crate::pipeline::{Pipeline, service::Service};
use crate::process::Process;

impl Pipeline {
    /// The service of a layer, before it is started. Any number of them may run.
    #[must_use]
    pub fn service(&self, layer: Layer) -> Service<'_> {
        Service::new(self, layer)
    }

    /// Starts one service per layer with default settings, and waits until each is ready.
    ///
    /// # Errors
    /// If a service does not become ready.
    pub async fn start_all(&self) -> Result<Vec<Process>> {
        let spawned: Vec<Process> =
            Layer::ALL.into_iter().map(|layer| self.service(layer).spawn()).collect::<Result<_>>()?;
        for process in &spawned {
            process.ready().await?;
        }
        Ok(spawned)
    }
}
