//! A service as a process: queried, paused, stopped, killed.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::program::{self, Environment};
use crate::wait::until;

/// Time limit for a service to become ready, or to exit.
const WAIT_TIMEOUT: Duration = Duration::from_secs(180);

/// Timeout of a request, longer than that of a query to a hanging database.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(20);

/// A running service. It is killed when dropped.
pub struct Process {
    name: String,
    address: SocketAddr,
    log: PathBuf,
    child: Mutex<Child>,
}

impl Process {
    /// Starts a service, without waiting. It serves HTTP at an address of its own, and writes its output to `log`.
    ///
    /// # Errors
    /// If the binary has not been built, or the log cannot be created.
    pub fn spawn(binary: &str, environment: &Environment, log: PathBuf) -> Result<Self> {
        Self::run(binary, program::command(binary, environment)?, log)
    }

    /// The same in the memory of a pod of the chart, 128 MiB, which the kernel enforces.
    ///
    /// # Errors
    /// As [`Process::spawn`].
    pub fn spawn_in_pod(binary: &str, environment: &Environment, log: PathBuf) -> Result<Self> {
        Self::run(binary, program::command_in_pod(binary, environment)?, log)
    }

    fn run(binary: &str, mut command: Command, log: PathBuf) -> Result<Self> {
        let address = own_address();
        let file = File::create(&log).with_context(|| format!("cannot create {}", log.display()))?;
        let child = command.env("HTTP_ADDR", address.to_string()).stdout(file.try_clone()?).stderr(file).spawn();
        let child = child.with_context(|| format!("cannot start {binary}"))?;
        Ok(Self { name: binary.to_owned(), address, log, child: Mutex::new(child) })
    }

    /// The name of its binary.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Waits until `/ready` reports readiness.
    ///
    /// # Errors
    /// If it exits, or takes longer than three minutes.
    pub async fn ready(&self) -> Result<()> {
        let what = format!("{} is ready", self.name);
        until(&what, WAIT_TIMEOUT, async || {
            let ended = self.child.lock().await.try_wait()?;
            ensure!(ended.is_none(), "{} exited before it was ready ({ended:?})", self.name);
            Ok(self.get("/ready").await.is_ok_and(|(status, _)| status == 200))
        })
        .await
    }

    /// Its HTTP address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Requests one of its endpoints. Returns the status and the body.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn get(&self, path: &str) -> Result<(u16, String)> {
        self.ask("GET", path, "").await
    }

    /// The same with another method, and with headers, each with its line end.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn ask(&self, method: &str, path: &str, headers: &str) -> Result<(u16, String)> {
        let (head, body) = self.whole(method, path, headers).await?;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).context("no status")?;
        Ok((status, body))
    }

    /// The same, with the head of the response.
    ///
    /// # Errors
    /// It does not answer, or not in text.
    pub async fn whole(&self, method: &str, path: &str, headers: &str) -> Result<(String, String)> {
        let ask = async {
            let mut stream = TcpStream::connect(self.address).await?;
            let request = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}\r\n");
            stream.write_all(request.as_bytes()).await?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await?;
            anyhow::Ok(answer)
        };
        let answer = timeout(RESPONSE_TIMEOUT, ask).await.context("no answer")??;
        let (head, body) = answer.split_once("\r\n\r\n").context("no body")?;
        Ok((head.to_owned(), body.to_owned()))
    }

    /// The value of a metric, summed over its labels; 0 if it does not exist.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn metric(&self, name: &str) -> Result<f64> {
        let (_, page) = self.get("/metrics").await?;
        let value = |line: &str| {
            let (series, value) = line.rsplit_once(' ')?;
            (series.split('{').next() == Some(name)).then(|| value.parse::<f64>().ok())?
        };
        Ok(page.lines().filter_map(value).sum())
    }

    /// Kills it (SIGKILL) and returns when it has exited.
    ///
    /// # Errors
    /// It has not exited after three minutes.
    pub async fn kill(&self) -> Result<()> {
        self.signal(Signal::SIGKILL).await?;
        self.wait().await?;
        Ok(())
    }

    /// Stops it with SIGTERM and returns its exit status.
    ///
    /// # Errors
    /// It has not ended after three minutes.
    pub async fn terminate(&self) -> Result<ExitStatus> {
        self.signal(Signal::SIGTERM).await?;
        self.wait().await
    }

    /// Stops the service with SIGTERM. It must exit successfully.
    ///
    /// # Errors
    /// It does not.
    pub async fn stop(&self) -> Result<()> {
        let status = self.terminate().await?;
        ensure!(status.success(), "{} did not exit successfully ({status})", self.name);
        Ok(())
    }

    /// Freezes it (SIGSTOP).
    ///
    /// # Errors
    /// If the system refuses.
    pub async fn pause(&self) -> Result<()> {
        self.signal(Signal::SIGSTOP).await
    }

    /// Resumes it (SIGCONT).
    ///
    /// # Errors
    /// If the system refuses.
    pub async fn resume(&self) -> Result<()> {
        self.signal(Signal::SIGCONT).await
    }

    /// Waits for its end and returns its exit status.
    ///
    /// # Errors
    /// It has not ended after three minutes.
    pub async fn wait(&self) -> Result<ExitStatus> {
        let mut child = self.child.lock().await;
        let ended = timeout(WAIT_TIMEOUT, child.wait()).await;
        Ok(ended.with_context(|| format!("{} does not exit", self.name))??)
    }

    /// Its process id; `None` after its exit status was read.
    pub async fn id(&self) -> Option<u32> {
        self.child.lock().await.id()
    }

    /// Its peak resident memory so far (`VmHWM`), in KiB.
    ///
    /// # Errors
    /// If it has exited.
    pub async fn peak_kib(&self) -> Result<u64> {
        self.memory_kib("VmHWM:").await
    }

    /// The same without the program itself (`RssFile`): a debug build is twice as large as a release build.
    ///
    /// # Errors
    /// If it has exited.
    pub async fn peak_of_data_kib(&self) -> Result<u64> {
        Ok(self.peak_kib().await?.saturating_sub(self.memory_kib("RssFile:").await?))
    }

    /// The memory that it holds now, without the program itself and files (`RssAnon`), in KiB.
    ///
    /// # Errors
    /// If it has exited.
    pub async fn data_kib(&self) -> Result<u64> {
        self.memory_kib("RssAnon:").await
    }

    async fn memory_kib(&self, name: &str) -> Result<u64> {
        let id = self.id().await.context("the service has exited")?;
        let status = fs::read_to_string(format!("/proc/{id}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name)).with_context(|| format!("no {name}"))?;
        Ok(line.split_whitespace().next().context("no number")?.parse()?)
    }

    /// Whether it is running.
    ///
    /// # Errors
    /// If the system does not report its state.
    pub async fn is_running(&self) -> Result<bool> {
        Ok(self.child.lock().await.try_wait()?.is_none())
    }

    /// Its log so far.
    ///
    /// # Errors
    /// If the log cannot be read.
    pub fn log(&self) -> Result<String> {
        Ok(String::from_utf8_lossy(&fs::read(&self.log)?).into_owned())
    }

    /// Sends a signal. It is not an error if the process has exited.
    async fn signal(&self, which: Signal) -> Result<()> {
        let Some(id) = self.child.lock().await.id() else { return Ok(()) };
        match signal::kill(Pid::from_raw(i32::try_from(id)?), which) {
            Ok(()) | Err(nix::Error::ESRCH) => Ok(()),
            Err(error) => Err(error).with_context(|| format!("cannot send {which} to {}", self.name)),
        }
    }
}

/// A loopback address used by no other process of the tests, so that no port must be searched and none can be taken.
fn own_address() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let [_, _, high, low] = std::process::id().to_be_bytes();
    let [round, number] = NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    let host = Ipv4Addr::new(127, high, low, number);
    (host, 5000 + u16::from(round)).into()
}
