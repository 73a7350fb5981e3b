//! elt-service as a process, and its subcommands.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use harness::{Environment, Process};
use serde::Deserialize;

const BINARY: &str = "elt-service";

/// Number of log lines shown in an error.
const LAST_LINES: usize = 10;

/// The service. It is killed when dropped.
pub(super) struct Service {
    environment: Environment,
    folder: PathBuf,
    process: Process,
    starts: u32,
    peak_kib: u64,
}

/// `/jobs.json`, as far as the demo needs it.
#[derive(Debug, Deserialize)]
struct Status {
    jobs: Vec<JobStatus>,
}

/// A job on the status page.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct JobStatus {
    pub(super) job: String,
    pub(super) state: String,
    /// Of a cycle under way, and the rows read in this stage so far.
    pub(super) stage: Option<String>,
    pub(super) rows: Option<u64>,
    pub(super) note: Option<String>,
}

impl JobStatus {
    /// Whether a cycle is copying rows, and has read so many of them.
    pub(super) fn is_loading(&self, rows: u64) -> bool {
        match self.stage.as_deref() {
            Some("reading rows") => self.rows.is_some_and(|read| read >= rows),
            Some("upserting") => true,
            _ => false,
        }
    }
}

impl Service {
    /// Starts it, and does not wait.
    pub(super) fn start(environment: Environment, folder: &Path) -> Result<Self> {
        let process = spawn(&environment, folder, 1)?;
        Ok(Self { environment, folder: folder.to_owned(), process, starts: 1, peak_kib: 0 })
    }

    /// The status of its jobs; none as long as it does not serve.
    pub(super) async fn jobs(&self) -> Result<Vec<JobStatus>> {
        if !self.process.is_running().await? {
            let status = self.process.wait().await?;
            return Err(self.failure(&format!("exited unexpectedly ({status})")));
        }
        let Ok((200, body)) = self.process.get("/jobs.json").await else { return Ok(Vec::new()) };
        Ok(serde_json::from_str::<Status>(&body).context("/jobs.json")?.jobs)
    }

    /// The status of a job.
    pub(super) async fn job(&self, name: &str) -> Result<Option<JobStatus>> {
        Ok(self.jobs().await?.into_iter().find(|job| job.job == name))
    }

    /// Kills it (SIGKILL).
    pub(super) async fn kill(&mut self) -> Result<()> {
        self.peak_kib = self.peak_kib.max(self.process.peak_kib().await?);
        self.process.kill().await
    }

    /// Starts it again, and returns when it is ready.
    pub(super) async fn start_again(&mut self) -> Result<()> {
        self.starts += 1;
        self.process = spawn(&self.environment, &self.folder, self.starts)?;
        self.process.ready().await.map_err(|error| self.failure(&format!("{error:#}")))
    }

    /// Its peak resident memory over all starts, in MiB.
    pub(super) async fn peak_rss_mib(&self) -> Result<f64> {
        let kibibytes = u32::try_from(self.peak_kib.max(self.process.peak_kib().await?))?;
        Ok((f64::from(kibibytes) / 102.4).round() / 10.0)
    }

    /// The address of its page.
    pub(super) fn address(&self) -> std::net::SocketAddr {
        self.process.address()
    }

    /// Stops it with SIGTERM.
    pub(super) async fn stop(&self) -> Result<()> {
        self.process.stop().await.map_err(|error| self.failure(&format!("{error:#}")))
    }

    /// An error, with the end of the log.
    pub(super) fn failure(&self, what: &str) -> anyhow::Error {
        let text = self.process.log().unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let last = lines[lines.len().saturating_sub(LAST_LINES)..].join("\n");
        anyhow::anyhow!("{what}; the end of the log of {BINARY}:\n{last}")
    }
}

fn spawn(environment: &Environment, folder: &Path, number: u32) -> Result<Process> {
    Process::spawn(BINARY, environment, folder.join(format!("{BINARY}-{number}.log")))
}

/// Runs a subcommand. Returns whether it succeeded, and its standard output.
pub(super) async fn command(environment: &Environment, arguments: &[&str]) -> Result<(bool, String)> {
    let output = harness::command(BINARY, environment)?.args(arguments).output().await;
    let output = output.with_context(|| format!("cannot start {BINARY}"))?;
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let arguments = arguments.join(" ");
    ensure!(output.status.code().is_some_and(|code| code <= 1), "{arguments}: {}\n{out}{err}", output.status);
    Ok((output.status.success(), out.into_owned()))
}
