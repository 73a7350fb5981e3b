//! segments-service as a process, and requests to its API.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::{Environment, Process};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

const BINARY: &str = "segments-service";

/// Timeout of a request.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(30);

/// The service, and the key of an admin. It is killed when dropped.
pub(super) struct Service {
    process: Process,
    key: String,
}

impl Service {
    /// Creates its schema and a key.
    pub(super) async fn install(environment: &Environment) -> Result<String> {
        harness::migrate(BINARY, environment).await?;
        let mut command = harness::command(BINARY, environment)?;
        let output = command.args(["keys", "create", "demo", "--role", "admin"]).output().await.context(BINARY)?;
        ensure!(output.status.success(), "keys create: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    /// Starts it, and returns when it is ready.
    pub(super) async fn start(environment: &Environment, folder: &Path, key: String) -> Result<Self> {
        let process = Process::spawn(BINARY, environment, folder.join(format!("{BINARY}.log")))?;
        let ready = process.ready().await;
        ready.with_context(|| format!("{BINARY}: {}", process.log().unwrap_or_default()))?;
        Ok(Self { process, key })
    }

    /// A request of API v2. Returns the JSON of a success.
    pub(super) async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> Result<Value> {
        let body = self.success(method, path, body).await?;
        Ok(if body.is_empty() { Value::Null } else { serde_json::from_str(&body).with_context(|| path.to_owned())? })
    }

    /// The text at a path of API v2.
    pub(super) async fn text(&self, path: &str) -> Result<String> {
        self.success("GET", path, None).await
    }

    /// The answer of `/ready`.
    pub(super) async fn ready(&self) -> Result<(u16, String)> {
        self.process.get("/ready").await
    }

    async fn success(&self, method: &str, path: &str, body: Option<Value>) -> Result<String> {
        let path = format!("/api/v2{path}");
        let asked = timeout(RESPONSE_TIMEOUT, ask(self.address(), &self.key, method, &path, body)).await;
        let (status, body) = asked.with_context(|| format!("{method} {path}: no answer"))??;
        ensure!((200..300).contains(&status), "{method} {path}: {status} {body}");
        Ok(body)
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.process.address()
    }

    /// Stops it with SIGTERM.
    pub(super) async fn stop(&self) -> Result<()> {
        self.process.stop().await
    }
}

async fn ask(address: SocketAddr, key: &str, method: &str, path: &str, body: Option<Value>) -> Result<(u16, String)> {
    let body = body.map(|body| body.to_string()).unwrap_or_default();
    let mut stream = TcpStream::connect(address).await?;
    let request = format!(
        "{method} {path} HTTP/1.0\r\nhost: localhost\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).context("no status")?;
    Ok((status, body.to_owned()))
}
