//! Replicas of the three services: started, stopped, and reported if they exit unexpectedly.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use harness::{Layer, Pipeline, Process, Service};

/// Maximum number of replicas of a service.
pub(crate) const MOST: usize = 3;

/// Number of log lines shown of a service that exited unexpectedly.
const LAST_LINES: usize = 5;

/// The services. Every service in here is expected to run.
pub(crate) struct Fleet {
    session_timeout: Duration,
    replicas: Mutex<Vec<(Layer, Arc<Process>)>>,
}

impl Fleet {
    pub(crate) fn new(session_timeout: Duration) -> Self {
        Self { session_timeout, replicas: Mutex::default() }
    }

    /// A replica that is not started yet.
    pub(crate) fn prepare<'a>(&self, pipeline: &'a Pipeline, layer: Layer) -> Service<'a> {
        let timeout = humantime::format_duration(self.session_timeout).to_string();
        pipeline.service(layer).env("KAFKA_SESSION_TIMEOUT", timeout)
    }

    /// Starts another replica without waiting for it.
    pub(crate) fn start(&self, pipeline: &Pipeline, layer: Layer) -> Result<Arc<Process>> {
        let process = Arc::new(self.prepare(pipeline, layer).spawn()?);
        self.lock().push((layer, Arc::clone(&process)));
        Ok(process)
    }

    /// Adds a replica that was started elsewhere.
    pub(crate) fn adopt(&self, layer: Layer, process: Process) {
        self.lock().push((layer, Arc::new(process)));
    }

    /// Session timeout.
    pub(crate) fn session_timeout(&self) -> Duration {
        self.session_timeout
    }

    /// The replicas of a service.
    pub(crate) fn of(&self, layer: Layer) -> Vec<Arc<Process>> {
        self.lock().iter().filter(|(of, _)| *of == layer).map(|(_, process)| Arc::clone(process)).collect()
    }

    /// Removes the replica selected by `choice`; its exit is no longer reported.
    pub(crate) fn take(&self, layer: Layer, choice: usize) -> Option<Arc<Process>> {
        let mut replicas = self.lock();
        let places: Vec<usize> = (0..replicas.len()).filter(|at| replicas[*at].0 == layer).collect();
        let place = *places.get(choice.checked_rem(places.len())?)?;
        Some(replicas.swap_remove(place).1)
    }

    /// Removes and reports replicas that have exited unexpectedly.
    pub(crate) async fn deserters(&self) -> Result<Vec<String>> {
        let all = std::mem::take(&mut *self.lock());
        let mut exited = Vec::new();
        for (layer, process) in all {
            if process.is_running().await? {
                self.lock().push((layer, process));
                continue;
            }
            let (status, log) = (process.wait().await?, process.log()?);
            let lines: Vec<&str> = log.lines().collect();
            let last = lines[lines.len().saturating_sub(LAST_LINES)..].join("\n");
            exited.push(format!("{} exited unexpectedly ({status}):\n{last}", layer.binary()));
        }
        Ok(exited)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<(Layer, Arc<Process>)>> {
        self.replicas.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
