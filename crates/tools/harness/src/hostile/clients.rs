//! Hostile clients of an HTTP port: connections that attack until they are dropped, and probes that are timed meanwhile.

use std::{io, net::SocketAddr, process::Command, time::Duration};

use anyhow::{Context, Result, ensure};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    runtime::{Builder, Runtime},
    time::{Instant, sleep, timeout},
};

use crate::Process;

/// What a client does with a connection until the service closes it.
#[derive(Debug, Clone, Copy)]
pub enum Client {
    /// Nothing.
    Idle,
    /// Sends a header byte by byte.
    SlowHeader,
    /// Sends 400 KB of a header that has no end.
    HugeHeader,
    /// Requests a path and takes the response byte by byte.
    SlowReader(&'static str),
    /// Requests a path again and again.
    Greedy(&'static str),
}

/// Between two bytes.
const SLOW: Duration = Duration::from_millis(100);

/// Pause of a client whose connection was closed.
const PAUSE: Duration = Duration::from_millis(500);

/// Addresses of the clients: other ones than that of the probes, as in a cluster.
pub const ADDRESSES: [[u8; 4]; 3] = [[127, 0, 0, 2], [127, 0, 0, 3], [127, 0, 0, 4]];

/// The address of the probes.
pub const PROBER: [u8; 4] = [127, 0, 0, 1];

/// File descriptors of a service, as systemd gives them by default.
const SERVICE_FILES: u64 = 1024;

/// Timeout of a probe.
const PROBE_TIMEOUT: Duration = Duration::from_secs(20);

/// Limits the file descriptors of a running service to those that systemd gives, and allows this process so many.
///
/// # Errors
/// The system refuses.
pub async fn limit_files(service: &Process, own: u64) -> Result<()> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    ensure!(own <= hard, "{own} file descriptors are needed, and {hard} are allowed (ulimit -Hn)");
    setrlimit(Resource::RLIMIT_NOFILE, soft.max(own), hard)?;
    let id = service.id().await.context("the service has exited")?;
    let limit = format!("--nofile={SERVICE_FILES}:{SERVICE_FILES}");
    let status = Command::new("prlimit").args(["--pid", &id.to_string(), &limit]).status()?;
    ensure!(status.success(), "prlimit: {status}");
    Ok(())
}

/// Requests `/health` from this address. Returns the time until the end of the response.
///
/// # Errors
/// It is not answered with 200.
pub async fn probe(address: SocketAddr, from: [u8; 4]) -> Result<Duration> {
    let began = Instant::now();
    let ask = async {
        let mut stream = connect(address, from).await?;
        stream.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        io::Result::Ok(answer)
    };
    let answer = timeout(PROBE_TIMEOUT, ask).await.context("no answer")??;
    ensure!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    Ok(began.elapsed())
}

/// Clients that attack, in a thread of their own.
pub struct Attack(Option<Runtime>);

impl Attack {
    /// Starts `number` clients of each kind.
    ///
    /// # Errors
    /// The system has no thread for them.
    pub fn start(address: SocketAddr, number: usize, kinds: &[Client]) -> io::Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        for (kind, from) in kinds.iter().copied().cycle().zip(ADDRESSES.into_iter().cycle()).take(number * kinds.len())
        {
            runtime.spawn(async move {
                loop {
                    // Being closed is what they are up against.
                    let _ = kind.attack(address, from).await;
                    sleep(PAUSE).await;
                }
            });
        }
        Ok(Self(Some(runtime)))
    }
}

impl Drop for Attack {
    fn drop(&mut self) {
        // All connections are closed.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Client {
    async fn attack(self, address: SocketAddr, from: [u8; 4]) -> io::Result<()> {
        let mut stream = connect(address, from).await?;
        let mut some = [0; 16 << 10];
        let slowly = matches!(self, Self::SlowReader(_));
        match self {
            Self::Idle => {}
            Self::SlowHeader => {
                for byte in b"GET /health HTTP/1.1\r\nx: ".iter().chain(std::iter::repeat(&b'y')) {
                    stream.write_all(&[*byte]).await?;
                    sleep(SLOW).await;
                }
            }
            Self::HugeHeader => stream.write_all(&vec![b'y'; 400_000]).await?,
            Self::SlowReader(path) | Self::Greedy(path) => {
                let close = if slowly { "keep-alive" } else { "close" };
                let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: {close}\r\n\r\n");
                stream.write_all(request.as_bytes()).await?;
            }
        }
        let length = if slowly { 1 } else { some.len() };
        while stream.read(&mut some[..length]).await? > 0 {
            if slowly {
                sleep(SLOW).await;
            }
        }
        Ok(())
    }
}

async fn connect(address: SocketAddr, from: [u8; 4]) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((from, 0).into())?;
    socket.connect(address).await
}
