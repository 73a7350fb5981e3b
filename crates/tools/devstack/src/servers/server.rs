//! One server of a stack: started, stopped, killed, paused, resumed, always on the same port and data.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use nix::sys::signal::Signal;
use tokio::time::{sleep, timeout};

use crate::servers::process::Running;

/// Time limit of a start: long enough for a recovery after SIGKILL on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(180);
/// Time limit of a graceful stop. Then the server gets SIGKILL.
const STOP_LIMIT: Duration = Duration::from_secs(20);
/// Timeout of one request to a server that is starting.
const PROBE_LIMIT: Duration = Duration::from_secs(2);
const PROBE_PAUSE: Duration = Duration::from_millis(50);

/// The differences between Kafka, PostgreSQL and Redis.
pub trait Program: Send + Sync {
    /// Names the program in errors.
    const NAME: &'static str;
    /// Requests a graceful stop that does not wait for clients.
    const STOP: Signal;
    /// Kills the program, its children, and removes its shared memory.
    const ABANDON: Signal;

    /// Names the log and the process file in the stack's folder, in which each server has another name.
    fn name(&self) -> &str {
        Self::NAME
    }

    /// The server in the foreground, logging to its standard output and error.
    fn command(&self) -> Command;

    /// Succeeds when the server answers a request; an open port is not sufficient.
    fn probe(&self) -> impl Future<Output = anyhow::Result<()>> + Send;
}

/// A server and its process, if it runs. All methods take `&self`, so that a test can break it while clients use it.
pub struct Server<P> {
    program: P,
    folder: PathBuf,
    running: Mutex<Option<Running>>,
}

impl<P: Program> Server<P> {
    /// Not started yet; log and notes go to `folder`.
    pub(crate) fn new(program: P, folder: &Path) -> Self {
        Self { program, folder: folder.to_owned(), running: Mutex::new(None) }
    }

    /// Starts the server, for the first time or again, and returns when it answers.
    pub async fn start(&self) -> anyhow::Result<()> {
        self.spawn()?;
        timeout(START_LIMIT, self.answers())
            .await
            .unwrap_or_else(|_| bail!("no answer within {START_LIMIT:?}"))
            .with_context(|| format!("{} did not start; the end of its log:\n{}", P::NAME, self.end_of_log()))
    }

    /// Stops the server gracefully, or by SIGKILL after a timeout.
    pub async fn stop(&self) -> anyhow::Result<()> {
        let Some(mut running) = self.take() else {
            return Ok(());
        };
        running.signal_family(Signal::SIGCONT)?;
        running.signal(P::STOP)?;
        match timeout(STOP_LIMIT, running.ended()).await {
            Ok(()) => Ok(()),
            Err(_) => running.kill().await,
        }
    }

    /// SIGKILL to the server and its children. Returns when they have exited.
    pub async fn kill(&self) -> anyhow::Result<()> {
        match self.take() {
            Some(running) => running.kill().await,
            None => Ok(()),
        }
    }

    /// SIGSTOP to the server and its children: connections stay open, nothing answers.
    pub fn pause(&self) -> anyhow::Result<()> {
        self.signal_family(Signal::SIGSTOP)
    }

    /// SIGCONT to the server and its children.
    pub fn resume(&self) -> anyhow::Result<()> {
        self.signal_family(Signal::SIGCONT)
    }

    pub(crate) fn program(&self) -> &P {
        &self.program
    }

    /// Its process id, while it runs.
    pub fn id(&self) -> Option<u32> {
        self.lock().as_ref().map(Running::id)
    }

    fn spawn(&self) -> anyhow::Result<()> {
        let mut running = self.lock();
        if running.as_mut().is_some_and(Running::is_alive) {
            return Ok(());
        }
        let log = File::options().create(true).append(true).open(self.log())?;
        let child = self
            .program
            .command()
            .process_group(0) // Ctrl-C is for the owner, who then stops the servers in order
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}; has setup.sh run?", P::NAME))?;
        let pidfile = self.folder.join(self.program.name()).with_extension("pid");
        *running = Some(Running::new(child, P::ABANDON, pidfile)?);
        Ok(())
    }

    async fn answers(&self) -> anyhow::Result<()> {
        loop {
            if !self.lock().as_mut().is_some_and(Running::is_alive) {
                bail!("it exited");
            }
            if let Ok(Ok(())) = timeout(PROBE_LIMIT, self.program.probe()).await {
                return Ok(());
            }
            sleep(PROBE_PAUSE).await;
        }
    }

    fn signal_family(&self, signal: Signal) -> anyhow::Result<()> {
        let mut running = self.lock();
        let running = running.as_mut().context("never started, or stopped")?;
        ensure!(running.is_alive(), "{} has exited", P::NAME);
        running.signal_family(signal)
    }

    fn log(&self) -> PathBuf {
        self.folder.join(self.program.name()).with_extension("log")
    }

    fn end_of_log(&self) -> String {
        let text = fs::read(self.log()).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    /// A process that has exited is forgotten here, because its id may be reused.
    fn take(&self) -> Option<Running> {
        let mut running = self.lock().take()?;
        running.is_alive().then_some(running)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
