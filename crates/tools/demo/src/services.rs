//! The three services of the pipeline, started, watched and stopped together.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::time::{sleep, timeout};

use crate::child::{self, Service};

/// Upstream first.
const NAMES: [&str; 3] = ["stg-service", "dds-service", "cdm-service"];

const READY_LIMIT: Duration = Duration::from_secs(60);
/// Longer than the grace period of the services.
const STOP_LIMIT: Duration = Duration::from_secs(40);
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// The running services. They are killed when dropped.
pub(crate) struct Services {
    running: Vec<Service>,
}

impl Services {
    /// Creates the schema with `migrate` of the first service.
    pub(crate) async fn migrate(environment: &[(&str, String)]) -> Result<()> {
        let program = program(NAMES[0])?;
        let mut migrate = child::command(&program, environment);
        let output = migrate.arg("migrate").output().await;
        let output = output.with_context(|| format!("cannot start {}", program.display()))?;
        let said = [output.stdout, output.stderr].concat();
        ensure!(output.status.success(), "migrate: {}\n{}", output.status, String::from_utf8_lossy(&said));
        Ok(())
    }

    /// Starts the services and returns when each is ready.
    pub(crate) async fn start(environment: &[(&str, String)], folder: &Path) -> Result<Self> {
        let start = |name| Service::start(name, &program(name)?, environment, folder);
        let running = NAMES.into_iter().map(start).collect::<Result<_>>()?;
        let mut services = Self { running };
        services.wait_until_ready().await?;
        Ok(services)
    }

    async fn wait_until_ready(&mut self) -> Result<()> {
        for index in 0..self.running.len() {
            let ready = async {
                while !self.running[index].is_ready().await {
                    self.check()?;
                    sleep(POLL_INTERVAL).await;
                }
                anyhow::Ok(())
            };
            match timeout(READY_LIMIT, ready).await {
                Ok(outcome) => outcome?,
                Err(_) => return Err(self.running[index].accuse("is not ready after a minute")),
            }
        }
        Ok(())
    }

    /// Fails if a service has exited.
    pub(crate) fn check(&mut self) -> Result<()> {
        for service in &mut self.running {
            if let Some(status) = service.ended()? {
                return Err(service.accuse(&format!("exited unexpectedly ({status})")));
            }
        }
        Ok(())
    }

    /// An error about the service at this position of the pipeline.
    pub(crate) fn accuse(&self, index: usize, what: &str) -> anyhow::Error {
        self.running[index].accuse(what)
    }

    /// Addresses of probes and metrics.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = (&'static str, std::net::SocketAddr)> {
        self.running.iter().map(|service| (service.name, service.address))
    }

    /// Peak resident memory of each service, in MiB.
    pub(crate) fn peak_rss_mib(&self) -> Result<BTreeMap<&'static str, f64>> {
        self.running.iter().map(|service| Ok((service.name, service.peak_rss_mib()?))).collect()
    }

    /// Stops the services with SIGTERM; each must exit successfully.
    pub(crate) async fn stop(mut self) -> Result<()> {
        self.running.iter().try_for_each(Service::ask_to_stop)?;
        for service in &mut self.running {
            let status = match timeout(STOP_LIMIT, service.end()).await {
                Ok(status) => status?,
                Err(_) => return Err(service.accuse("did not stop after SIGTERM")),
            };
            if !status.success() {
                return Err(service.accuse(&format!("did not exit successfully ({status})")));
            }
        }
        Ok(())
    }
}

/// Path of a service binary, which is built into the same folder as the demo.
fn program(name: &str) -> Result<PathBuf> {
    let program = std::env::current_exe()?.with_file_name(name);
    ensure!(program.exists(), "{} is missing: build the workspace first", program.display());
    Ok(program)
}
