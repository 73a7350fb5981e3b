//! The three services of the pipeline, started, watched and stopped together.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use harness::{Environment, Layer, Process};

/// Number of log lines shown in an error.
const LAST_LINES: usize = 10;

/// The running services, upstream first. They are killed when dropped.
pub(crate) struct Services {
    running: Vec<Process>,
}

impl Services {
    /// Starts the services and returns when each is ready. The log of a service is `NAME.log` in the folder.
    pub(crate) async fn start(environment: &Environment, folder: &Path) -> Result<Self> {
        let spawn = |layer: Layer| {
            let binary = layer.binary();
            Process::spawn(&binary, environment, folder.join(format!("{binary}.log")))
        };
        let services = Self { running: Layer::ALL.into_iter().map(spawn).collect::<Result<_>>()? };
        for service in &services.running {
            service.ready().await.map_err(|error| with_log(service, &error))?;
        }
        Ok(services)
    }

    /// Fails if a service has exited.
    pub(crate) async fn check(&self) -> Result<()> {
        for service in &self.running {
            if !service.is_running().await? {
                let status = service.wait().await?;
                return Err(with_log(service, &anyhow::anyhow!("{} exited unexpectedly ({status})", service.name())));
            }
        }
        Ok(())
    }

    /// An error about the service at this position of the pipeline.
    pub(crate) fn failure_of(&self, index: usize, what: &str) -> anyhow::Error {
        let service = &self.running[index];
        with_log(service, &anyhow::anyhow!("{} {what}", service.name()))
    }

    /// Addresses of probes and metrics.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = (&str, std::net::SocketAddr)> {
        self.running.iter().map(|service| (service.name(), service.address()))
    }

    /// Peak resident memory of each service, in MiB.
    pub(crate) async fn peak_rss_mib(&self) -> Result<BTreeMap<String, f64>> {
        let mut peaks = BTreeMap::new();
        for service in &self.running {
            let kibibytes = u32::try_from(service.peak_kib().await?)?;
            peaks.insert(service.name().to_owned(), (f64::from(kibibytes) / 102.4).round() / 10.0);
        }
        Ok(peaks)
    }

    /// Stops the services with SIGTERM; each must exit successfully.
    pub(crate) async fn stop(self) -> Result<()> {
        for service in &self.running {
            service.stop().await.map_err(|error| with_log(service, &error))?;
        }
        Ok(())
    }
}

/// An error about a service, with the end of its log.
fn with_log(service: &Process, error: &anyhow::Error) -> anyhow::Error {
    let text = service.log().unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let last = lines[lines.len().saturating_sub(LAST_LINES)..].join("\n");
    anyhow::anyhow!("{error:#}; the end of the log of {}:\n{last}", service.name())
}
