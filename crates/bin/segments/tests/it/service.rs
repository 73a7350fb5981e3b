//! segments-service as a process, and HTTP requests to it.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use tokio::time::{Instant, sleep};

/// Timeout of any condition.
const SOON: Duration = Duration::from_secs(60);

/// A running service. It is killed when the test ends.
pub(crate) struct Service {
    child: Child,
    address: SocketAddr,
    log: tempfile::NamedTempFile,
}

/// An answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: Option<String>,
    pub(crate) retry_after: Option<String>,
    pub(crate) request_id: Option<String>,
    /// It is the answer to an earlier request with the same Idempotency-Key.
    pub(crate) is_replayed: bool,
    pub(crate) body: String,
}

impl Service {
    /// Starts it.
    pub(crate) fn launch(url: &str, settings: &[(&str, &str)]) -> anyhow::Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_segments-service"));
        // Every log of the tests is searched when the service ends.
        command.env_clear().env("DATABASE_URL", url).env("HTTP_ADDR", address.to_string()).env("LOG_LEVEL", "debug");
        let log = tempfile::NamedTempFile::new()?;
        let child = command.envs(settings.iter().copied()).stderr(Stdio::from(log.reopen()?)).spawn()?;
        Ok(Self { child, address, log })
    }

    /// Starts it in a folder with a `config.yaml`, which alone says where the database is.
    pub(crate) async fn start_in(folder: &tempfile::TempDir) -> anyhow::Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_segments-service"));
        let log = tempfile::NamedTempFile::new()?;
        command.env_clear().current_dir(folder).env("HTTP_ADDR", address.to_string()).stderr(log.reopen()?);
        Self { child: command.spawn()?, address, log }.until_ready().await
    }

    /// Starts it on all addresses of this machine.
    pub(crate) async fn start_on_all(url: &str, settings: &[(&str, &str)]) -> anyhow::Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let all = format!("0.0.0.0:{}", address.port());
        let settings: Vec<(&str, &str)> = settings.iter().copied().chain([("HTTP_ADDR", all.as_str())]).collect();
        let mut service = Self::launch(url, &settings)?;
        service.address = address;
        service.until_ready().await
    }

    /// Starts it and waits until it is ready.
    pub(crate) async fn start(url: &str, settings: &[(&str, &str)]) -> anyhow::Result<Self> {
        Self::launch(url, settings)?.until_ready().await
    }

    async fn until_ready(self) -> anyhow::Result<Self> {
        let service = self;
        let begin = Instant::now();
        while !service.get("/ready").is_ok_and(|answer| answer.status == 200) {
            anyhow::ensure!(begin.elapsed() < SOON, "the service is not ready: {}", service.log());
            sleep(Duration::from_millis(50)).await;
        }
        Ok(service)
    }

    /// Kills it at once.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until it has ended by itself.
    #[cfg_attr(not(feature = "failpoints"), expect(dead_code, reason = "only a failpoint ends it"))]
    pub(crate) async fn until_ended(&mut self) -> anyhow::Result<()> {
        let begin = Instant::now();
        while self.child.try_wait()?.is_none() {
            anyhow::ensure!(begin.elapsed() < SOON, "the service runs: {}", self.log());
            sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// Its process.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// A request with a header and a JSON body.
    pub(crate) fn ask_with(&self, header: &str, method: &str, path: &str, body: &str) -> std::io::Result<Answer> {
        self.send(method, path, &format!("Content-Type: application/json\r\n{header}\r\n"), body.as_bytes())
    }

    /// Its log until now.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.log.path()).unwrap()
    }

    /// Where it listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The most memory that it has had so far, in KiB.
    pub(crate) fn peak_memory_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        peak.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// A header of the answer to a GET request.
    pub(crate) fn header(&self, path: &str, name: &str) -> std::io::Result<Option<String>> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(SOON))?;
        stream.write_all(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let answer = String::from_utf8_lossy(&answer);
        let lines = answer.lines().take_while(|line| !line.is_empty()).filter_map(|line| line.split_once(": "));
        let mut values = lines.filter(|(header, _)| header.eq_ignore_ascii_case(name));
        Ok(values.next().map(|(_, value)| value.to_owned()))
    }

    pub(crate) fn get(&self, path: &str) -> std::io::Result<Answer> {
        self.ask("GET", path, None, "")
    }

    /// A request with a JSON body.
    pub(crate) fn post(&self, path: &str, body: &str) -> std::io::Result<Answer> {
        self.ask("POST", path, Some("application/json"), body)
    }

    /// A request with a key, without a body.
    pub(crate) fn ask_as(&self, key: Option<&str>, method: &str, path: &str) -> std::io::Result<Answer> {
        let header = key.map(|key| format!("Authorization: Bearer {key}\r\n")).unwrap_or_default();
        self.send(method, path, &header, b"")
    }

    pub(crate) fn ask(
        &self,
        method: &str,
        path: &str,
        content_type: Option<&str>,
        body: impl AsRef<[u8]>,
    ) -> std::io::Result<Answer> {
        let header = content_type.map(|kind| format!("Content-Type: {kind}\r\n")).unwrap_or_default();
        self.send(method, path, &header, body.as_ref())
    }

    fn send(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> std::io::Result<Answer> {
        send(self.address, method, path, headers, body)
    }
}

/// A request, and its answer.
pub(crate) fn send(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &str,
    body: &[u8],
) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(SOON))?;
    let head = format!("{method} {path} HTTP/1.0\r\nContent-Length: {}\r\n{headers}", body.len());
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    stream.write_all(body)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).unwrap_or_default().parse().unwrap_or_default();
    let header = |header: &str| {
        head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case(header).then(|| value.to_owned())
        })
    };
    let (content_type, retry_after) = (header("content-type"), header("retry-after"));
    let is_replayed = header("idempotency-replayed").is_some();
    Ok(Answer {
        status,
        content_type,
        retry_after,
        request_id: header("x-request-id"),
        is_replayed,
        body: body.to_owned(),
    })
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let log = self.log();
        let found = secrets(&log);
        assert!(found.is_empty() || thread::panicking(), "the log has {found:?}");
    }
}

/// Names of people in the tests. No log may have them.
const PEOPLE: [&str; 6] = ["Имя", "Фамилия", "Иван", "Алексей", "Сидоров", "Михаил"];

/// What a log may not have: keys, tokens of links, names of people.
fn secrets(log: &str) -> Vec<&str> {
    let is_hex = |text: &str| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let words = log.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    // A key is `tms_` and 64 digits, the signature of a link 64 digits.
    let keys = words.filter(|word| is_hex(word.strip_prefix("tms_").unwrap_or(word)));
    keys.chain(PEOPLE.into_iter().filter(|name| log.contains(name))).collect()
}

#[test]
fn secrets_are_found_in_a_log() {
    let digits = "0123456789abcdef".repeat(4);
    for (log, count) in
        [("a change of user 1", 0), (&format!("key tms_{digits}"), 1), (&format!("/x.1.{digits} Иванов"), 2)]
    {
        assert_eq!(secrets(log).len(), count, "{log}");
    }
}
