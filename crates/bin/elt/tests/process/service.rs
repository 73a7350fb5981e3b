//! A running service, and requests to it.

use std::{
    fs::File,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Stdio},
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::fixture::Fixture;

/// How long anything may take that should happen soon.
const SOON: Duration = Duration::from_secs(60);

/// A running service. It is killed when the test ends.
pub(crate) struct Service {
    child: Child,
    address: SocketAddr,
    log: std::path::PathBuf,
}

impl Service {
    /// Starts it with a tick every second, unless the settings say otherwise.
    pub(crate) fn start(fixture: &Fixture, settings: &[(&str, &str)]) -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let log = fixture.path(&format!("{}.log", address.port()));
        let http_addr = address.to_string();
        let mut command = fixture.command(&[("HTTP_ADDR", &http_addr), ("SCHEDULE", "1s")]);
        command.envs(settings.iter().copied()).stderr(Stdio::from(File::create(&log).unwrap()));
        Self { child: command.spawn().unwrap(), address, log }
    }

    /// The status and the body of an answer.
    pub(crate) fn get(&self, path: &str) -> std::io::Result<(u16, String)> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(SOON))?;
        stream.write_all(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        Ok((head.split(' ').nth(1).unwrap_or_default().parse().unwrap_or_default(), body.to_owned()))
    }

    /// Waits until an answer has this text.
    pub(crate) async fn until(&self, path: &str, expected: &str) -> anyhow::Result<String> {
        let mut last = String::new();
        let found = until(async || {
            last = self.get(path).map_or_else(|error| error.to_string(), |(_, body)| body);
            Ok(last.contains(expected))
        });
        if found.await? { Ok(last) } else { anyhow::bail!("{path} never had {expected}: {last}\n{}", self.log()) }
    }

    /// A job as `/jobs.json` tells it.
    pub(crate) fn job(&self, name: &str) -> anyhow::Result<Value> {
        let status: Value = serde_json::from_str(&self.get("/jobs.json")?.1)?;
        let jobs = status["jobs"].as_array().cloned().unwrap_or_default();
        Ok(jobs.into_iter().find(|job| job["job"] == name).unwrap_or_default())
    }

    /// Waits until a job has this state, and returns it.
    pub(crate) async fn until_job(&self, name: &str, state: &str) -> anyhow::Result<Value> {
        let mut last = Value::Null;
        let found = until(async || {
            last = self.job(name).unwrap_or_default();
            Ok(last["state"] == state)
        });
        if found.await? { Ok(last) } else { anyhow::bail!("{name} was never {state}: {last}\n{}", self.log()) }
    }

    /// What it has logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), signal).unwrap();
    }

    /// The most memory that it has used, in KiB.
    pub(crate) fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Sends SIGTERM. Returns the exit code and the log.
    pub(crate) async fn stop(mut self) -> anyhow::Result<(Option<i32>, String)> {
        self.signal(Signal::SIGTERM);
        let log = self.log.clone();
        let code = tokio::task::spawn_blocking(move || self.child.wait().map(|status| status.code())).await??;
        Ok((code, std::fs::read_to_string(log)?))
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until a condition holds. False: it never did.
pub(crate) async fn until(mut holds: impl AsyncFnMut() -> anyhow::Result<bool>) -> anyhow::Result<bool> {
    let begin = Instant::now();
    while begin.elapsed() < SOON {
        if holds().await? {
            return Ok(true);
        }
        sleep(Duration::from_millis(50)).await;
    }
    Ok(false)
}
