//! A service of a pipeline, before it is started: its environment can be changed.

use std::fs;
use std::pin::pin;
use std::process::{Output, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::time::timeout;

use crate::layer::Layer;
use crate::pipeline::Pipeline;
use crate::process::Process;
use crate::program::{self, Environment};

/// Time limit of a subcommand.
const WAIT_TIMEOUT: Duration = Duration::from_secs(180);

/// The interval at which the memory of a subcommand is read.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// A service that is not started yet: its environment may still be varied.
pub struct Service<'a> {
    pipeline: &'a Pipeline,
    layer: Layer,
    environment: Environment,
}

impl<'a> Service<'a> {
    /// A service with a continuous schedule, and short times for parked orders and dead members. Everything else is as
    /// in production.
    pub(crate) fn new(pipeline: &'a Pipeline, layer: Layer) -> Self {
        let environment = [
            ("KAFKA_GROUP_ID", pipeline.group(layer)),
            ("KAFKA_SOURCE_TOPIC", pipeline.source(layer)),
            ("KAFKA_DESTINATION_TOPIC", pipeline.destination(layer)),
            ("KAFKA_DEAD_LETTER_TOPIC", pipeline.dead_letters(layer)),
            ("KAFKA_SESSION_TIMEOUT", "6s".to_owned()),
            ("SCHEDULE", "continuous".to_owned()),
            ("PARK_RETRY", "200ms".to_owned()),
        ];
        let environment = environment.into_iter().chain(pipeline.way());
        let environment = environment.map(|(name, value)| (name.to_owned(), value)).collect();
        Self { pipeline, layer, environment }
    }

    /// Sets a variable of its environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.insert(name.to_owned(), value.into());
        self
    }

    /// Removes a variable, so that the default of the service applies.
    #[must_use]
    pub fn unset(mut self, name: &str) -> Self {
        self.environment.remove(name);
        self
    }

    /// Starts the service without waiting.
    ///
    /// # Errors
    /// If the binary has not been built.
    pub fn spawn(self) -> Result<Process> {
        let spawn = if self.pipeline.in_pods() { Process::spawn_in_pod } else { Process::spawn };
        spawn(&self.layer.binary(), &self.environment, self.pipeline.next_log(self.layer))
    }

    /// Starts the service and waits until it is ready.
    ///
    /// # Errors
    /// If it does not become ready.
    pub async fn start(self) -> Result<Process> {
        let process = self.spawn()?;
        process.ready().await?;
        Ok(process)
    }

    /// Runs a subcommand to its end, and returns the peak of its memory in KiB, without that of the program itself.
    ///
    /// # Errors
    /// As [`Service::run`].
    pub async fn run_measured(self, arguments: &[&str]) -> Result<(Output, u64)> {
        let mut command = program::command(&self.layer.binary(), &self.environment)?;
        let child = command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let status = format!("/proc/{}/status", child.id().context("it has ended")?);
        let mut output = pin!(child.wait_with_output());
        let mut peak = 0;
        loop {
            if let Ok(status) = fs::read_to_string(&status) {
                let kib = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).and_then(kib);
                peak = kib("VmHWM:").unwrap_or_default().saturating_sub(kib("RssFile:").unwrap_or_default()).max(peak);
            }
            if let Ok(output) = timeout(POLL_INTERVAL, &mut output).await {
                return Ok((output?, peak));
            }
        }
    }

    /// Runs a subcommand to its end.
    ///
    /// # Errors
    /// If it cannot be started, or takes longer than three minutes.
    pub async fn run(self, arguments: &[&str]) -> Result<Output> {
        let mut command = program::command(&self.layer.binary(), &self.environment)?;
        let output = command.args(arguments).output();
        Ok(timeout(WAIT_TIMEOUT, output).await.with_context(|| format!("{} takes too long", arguments.join(" ")))??)
    }
}

/// The number in `  1024 kB`.
fn kib(text: &str) -> Option<u64> {
    text.split_whitespace().next()?.parse().ok()
}
