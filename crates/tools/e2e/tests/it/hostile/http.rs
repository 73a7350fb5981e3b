//! Hostile clients of the HTTP port: probes are answered, orders flow, and memory returns.

use std::{fs, process::Command};

use anyhow::{Context, Result, ensure};
use harness::Process;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

mod attack;
mod connections;
mod answers;

/// Memory limit of an attacked service in KiB, without the program: the limit of a pod is 128 MiB, a release build of the
/// program takes 16, buffers of the kernel for all connections 24.
const MAX_DATA_KIB: u64 = 64 << 10;

/// File descriptors of a service, as systemd gives them by default.
const SERVICE_FILES: u64 = 1024;

/// File descriptors of this test and its connections.
const OWN_FILES: u64 = 4096;

/// Limits the file descriptors of a running service, and allows this process as many as it needs.
async fn limit_files(service: &Process) -> Result<()> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, soft.max(OWN_FILES.min(hard)), hard)?;
    let id = service.id().await.context("the service has exited")?;
    let limit = format!("--nofile={SERVICE_FILES}:{SERVICE_FILES}");
    let status = Command::new("prlimit").args(["--pid", &id.to_string(), &limit]).status()?;
    ensure!(status.success(), "prlimit: {status}");
    Ok(())
}

/// The memory that a service holds now (`RssAnon`), in KiB.
async fn data_kib(service: &Process) -> Result<u64> {
    let id = service.id().await.context("the service has exited")?;
    let status = fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).context("no RssAnon")?;
    Ok(line.split_whitespace().next().context("no number")?.parse()?)
}
