//! A replica of a service: started with or without a failpoint, and replaced after its end.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{PoisonError, RwLock};

use anyhow::{Context, Result};
use harness::{Environment, Process};
use tokio::sync::{Mutex, MutexGuard};

/// A replica. Only one fault at a time is about it.
pub(crate) struct Replica {
    binary: &'static str,
    environment: Environment,
    /// The folder of its logs.
    folder: PathBuf,
    number: usize,
    starts: AtomicU32,
    /// Of the process that was started last.
    address: RwLock<SocketAddr>,
    process: Mutex<Process>,
}

impl Replica {
    /// Starts it, and does not wait.
    pub(crate) fn start(
        binary: &'static str,
        number: usize,
        environment: Environment,
        folder: PathBuf,
    ) -> Result<Self> {
        let process = spawn(binary, &environment, &folder, number, 0)?;
        let address = RwLock::new(process.address());
        let (starts, process) = (AtomicU32::new(1), Mutex::new(process));
        Ok(Self { binary, environment, folder, number, starts, address, process })
    }

    /// The process, for one fault.
    pub(crate) async fn turn(&self) -> MutexGuard<'_, Process> {
        self.process.lock().await
    }

    /// Where it listens, also during a fault.
    pub(crate) fn address(&self) -> SocketAddr {
        *self.address.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another process in its place, armed with failpoints.
    pub(crate) fn again(&self, failpoints: Option<String>) -> Result<Process> {
        let mut environment = self.environment.clone();
        environment.extend(failpoints.map(|armed| ("FAILPOINTS".to_owned(), armed)));
        let start = self.starts.fetch_add(1, Ordering::Relaxed);
        let process = spawn(self.binary, &environment, &self.folder, self.number, start)?;
        *self.address.write().unwrap_or_else(PoisonError::into_inner) = process.address();
        Ok(process)
    }
}

fn spawn(
    binary: &str,
    environment: &Environment,
    folder: &std::path::Path,
    number: usize,
    start: u32,
) -> Result<Process> {
    Process::spawn(binary, environment, folder.join(format!("replica-{number}-{start}.log")))
}

/// Whether a process is stopped, as SIGSTOP does.
pub(crate) async fn is_stopped(process: &Process) -> Result<bool> {
    let id = process.id().await.context("the replica has exited")?;
    let status = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
    Ok(status.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('T')))
}

/// Runs a subcommand. Returns whether it succeeded, and its output.
pub(crate) async fn command(binary: &str, environment: &Environment, arguments: &[&str]) -> Result<(bool, String)> {
    let output = harness::command(binary, environment)?.args(arguments).output().await;
    let output = output.with_context(|| format!("cannot start {binary}"))?;
    let text = [output.stdout, output.stderr].concat();
    Ok((output.status.success(), String::from_utf8_lossy(&text).into_owned()))
}
