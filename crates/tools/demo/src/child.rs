//! A service as a child process: its log, its memory, its exit status.

use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

/// Number of log lines shown in an error.
const LAST_LINES: usize = 10;

/// A running service. It is killed when dropped.
pub(crate) struct Service {
    pub(crate) name: &'static str,
    pub(crate) address: SocketAddr,
    log: PathBuf,
    child: Child,
}

impl Service {
    /// Starts a program; its output goes to `NAME.log` in the folder.
    pub(crate) fn start(
        name: &'static str,
        program: &Path,
        environment: &[(&str, String)],
        folder: &Path,
    ) -> Result<Self> {
        let address = free_address()?;
        let log = folder.join(format!("{name}.log"));
        let file = File::create(&log).with_context(|| format!("cannot create {}", log.display()))?;
        let child = command(program, environment)
            .env("HTTP_ADDR", address.to_string())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        if let Some(id) = child.id() {
            // The watchdog of the stack reads these files: if the demo is killed, it ends the service.
            std::fs::write(folder.join(format!("{name}.pid")), format!("{id} {}\n", Signal::SIGKILL as i32))?;
        }
        Ok(Self { name, address, log, child })
    }

    /// The exit status, if the service has exited.
    pub(crate) fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// Whether `/ready` reports readiness; false if the service does not answer yet.
    pub(crate) async fn is_ready(&self) -> bool {
        let ask = async {
            let mut stream = TcpStream::connect(self.address).await?;
            stream.write_all(b"GET /ready HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await?;
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).await?;
            io::Result::Ok(answer.starts_with(b"HTTP/1.1 200"))
        };
        ask.await.unwrap_or(false)
    }

    /// The peak resident memory of the service, in MiB.
    pub(crate) fn peak_rss_mib(&self) -> Result<f64> {
        let id = self.child.id().with_context(|| format!("{} is gone", self.name))?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u32>().ok());
        let kibibytes = kibibytes.with_context(|| format!("no VmHWM of {}", self.name))?;
        Ok((f64::from(kibibytes) / 102.4).round() / 10.0)
    }

    /// Sends SIGTERM to the service.
    pub(crate) fn ask_to_stop(&self) -> Result<()> {
        if let Some(id) = self.child.id() {
            kill(Pid::from_raw(i32::try_from(id)?), Signal::SIGTERM)?;
        }
        Ok(())
    }

    /// Waits until the service has exited.
    pub(crate) async fn end(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// An error about this service, with the end of its log.
    pub(crate) fn accuse(&self, what: &str) -> anyhow::Error {
        let text = std::fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        let last = lines[lines.len().saturating_sub(LAST_LINES)..].join("\n");
        anyhow::anyhow!("{} {what}; the end of {}:\n{last}", self.name, self.log.display())
    }
}

/// A program with exactly the given environment: a variable of the caller's shell must not change the demo. The child
/// does not receive Ctrl-C; the demo stops it.
pub(crate) fn command(program: &Path, environment: &[(&str, String)]) -> Command {
    let mut command = Command::new(program);
    let kept = ["PATH", "RUST_LOG", "RUST_BACKTRACE"];
    command
        .env_clear()
        .envs(kept.iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .process_group(0)
        .kill_on_drop(true);
    command
}

fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}
