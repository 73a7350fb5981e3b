//! One cycle of elt-service as a process: its counts, its seconds, its memory.

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use harness::Environment;
use serde::Deserialize;
use tokio::io::AsyncReadExt;
use tokio::time::sleep;

/// Time between two looks at the memory of the process.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// What a cycle did.
#[derive(Debug)]
pub(crate) struct Cycle {
    /// Of the cycle, as elt-service tells.
    pub(crate) seconds: f64,
    /// Of the whole process, as seen from outside.
    pub(crate) wall: f64,
    pub(crate) read: u64,
    /// Rows inserted, updated or repaired.
    pub(crate) written: u64,
    pub(crate) deleted: u64,
    pub(crate) peak_rss_mib: f64,
}

/// The line of `--json`.
#[derive(Debug, Deserialize)]
struct Line {
    outcome: String,
    seconds: f64,
    read: u64,
    inserted: u64,
    updated: u64,
    repaired: u64,
    deleted: u64,
}

/// Runs a subcommand that prints the outcome of a cycle as JSON.
pub(crate) async fn cycle(environment: &Environment, arguments: &[&str]) -> Result<Cycle> {
    let began = Instant::now();
    let mut command = harness::command("elt-service", environment)?;
    let mut child = command.args(arguments).stdout(Stdio::piped()).spawn().context("cannot start elt-service")?;
    let (mut out, mut text, mut peak) = (child.stdout.take().context("no output")?, String::new(), 0.0_f64);
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        peak = peak.max(child.id().and_then(peak_rss_mib).unwrap_or_default());
        sleep(POLL_INTERVAL).await;
    };
    let wall = began.elapsed().as_secs_f64();
    out.read_to_string(&mut text).await?;
    let line: Line = serde_json::from_str(&text).with_context(|| format!("elt-service: {status}: {text}"))?;
    ensure!(status.success() && line.outcome == "ok", "elt-service: {status}: {text}");
    let written = line.inserted + line.updated + line.repaired;
    let Line { seconds, read, deleted, .. } = line;
    Ok(Cycle { seconds, wall, read, written, deleted, peak_rss_mib: peak })
}

/// `VmHWM` of a process.
fn peak_rss_mib(process: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(f64::from(line.split_whitespace().next()?.parse::<u32>().ok()?) / 1024.0)
}
