//! A replica of elt-service: started with or without a failpoint, and replaced after its end.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result};
use harness::{Environment, Process};
use tokio::sync::{Mutex, MutexGuard};

const BINARY: &str = "elt-service";

/// A replica. Only one fault at a time is about it.
pub(super) struct Replica {
    environment: Environment,
    /// The folder of its logs.
    folder: PathBuf,
    number: usize,
    starts: AtomicU32,
    process: Mutex<Process>,
}

impl Replica {
    /// Starts it, and does not wait.
    pub(super) fn start(number: usize, environment: Environment, folder: PathBuf) -> Result<Self> {
        let process = spawn(&environment, &folder, number, 0)?;
        Ok(Self { environment, folder, number, starts: AtomicU32::new(1), process: Mutex::new(process) })
    }

    /// The process, for one fault.
    pub(super) async fn turn(&self) -> MutexGuard<'_, Process> {
        self.process.lock().await
    }

    /// Another process in its place, armed with failpoints.
    pub(super) fn again(&self, failpoints: Option<String>) -> Result<Process> {
        let mut environment = self.environment.clone();
        environment.extend(failpoints.map(|armed| ("FAILPOINTS".to_owned(), armed)));
        spawn(&environment, &self.folder, self.number, self.starts.fetch_add(1, Ordering::Relaxed))
    }
}

fn spawn(environment: &Environment, folder: &std::path::Path, number: usize, start: u32) -> Result<Process> {
    Process::spawn(BINARY, environment, folder.join(format!("replica-{number}-{start}.log")))
}

/// Whether a process is stopped, as SIGSTOP does.
pub(super) async fn is_stopped(process: &Process) -> Result<bool> {
    let id = process.id().await.context("the replica has exited")?;
    let status = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
    Ok(status.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('T')))
}

/// Runs a subcommand. Returns whether it succeeded, and its output.
pub(super) async fn command(environment: &Environment, arguments: &[&str]) -> Result<(bool, String)> {
    let output = harness::command(BINARY, environment)?.args(arguments).output().await;
    let output = output.with_context(|| format!("cannot start {BINARY}"))?;
    let text = [output.stdout, output.stderr].concat();
    Ok((output.status.success(), String::from_utf8_lossy(&text).into_owned()))
}
