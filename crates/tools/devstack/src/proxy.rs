//! A TCP proxy that injects network faults in front of a server.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Bytes read at a time; small, so that a slow line is slow evenly.
const CHUNK: usize = 16 * 1024;

/// How a COMMIT ends, as SQL text in a simple query and as the tag of its answer: both are closed by a zero byte.
const COMMIT: &[u8] = b"COMMIT\0";

/// The current network fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NetworkFault {
    /// Every byte arrives.
    #[default]
    Fair,
    /// Connections are cut, and new ones as soon as they are made.
    Reset,
    /// Every byte arrives late.
    Slow {
        /// Delay of each chunk.
        latency: Duration,
        /// Bytes per second, in each direction of each connection.
        bytes_per_second: u32,
    },
    /// Half open: connections stay, and every byte is dropped. A connection that has lost bytes is closed when the
    /// fault changes, because a TCP stream cannot continue with a gap.
    Blackhole,
    /// The response to a COMMIT is dropped and its connection closed: the client cannot know whether it has committed.
    LoseCommits,
    /// A COMMIT is dropped and its connection closed: it never happens, and the client cannot distinguish the two.
    SwallowCommits,
}

/// Listens on a loopback port and forwards connections to another. Closes all of them when dropped.
pub struct Proxy {
    port: u16,
    fault: watch::Sender<NetworkFault>,
    tally: Arc<Tally>,
    target: SocketAddr,
    doors: Vec<Door>,
}

/// A port that a proxy listens on.
struct Door {
    port: u16,
    /// Refuses new connections, regardless of the network fault.
    closed: Arc<AtomicBool>,
    listener: JoinHandle<()>,
}

/// Counts of the effects of network faults.
#[derive(Debug, Default)]
pub struct Tally {
    cut: AtomicU64,
    slowed: AtomicU64,
    swallowed: AtomicU64,
    commits: AtomicU64,
    swallowed_commits: AtomicU64,
}

impl Tally {
    /// Connections cut, or refused.
    pub fn cut(&self) -> u64 {
        self.cut.load(Ordering::Relaxed)
    }

    /// Bytes that were delayed.
    pub fn slowed(&self) -> u64 {
        self.slowed.load(Ordering::Relaxed)
    }

    /// Bytes that were dropped.
    pub fn swallowed(&self) -> u64 {
        self.swallowed.load(Ordering::Relaxed)
    }

    /// Transactions committed without the client's knowledge.
    pub fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// Transactions whose COMMIT was dropped.
    pub fn swallowed_commits(&self) -> u64 {
        self.swallowed_commits.load(Ordering::Relaxed)
    }
}

impl Proxy {
    /// Listens on `port` and connects to `target`, both on the loopback interface.
    pub(crate) async fn start(port: u16, target: u16) -> anyhow::Result<Self> {
        let target = SocketAddr::from((Ipv4Addr::LOCALHOST, target));
        let (fault, tally) = (watch::channel(NetworkFault::Fair).0, Arc::default());
        Self { port, fault, tally, target, doors: Vec::new() }.and_on(port).await
    }

    /// Listens on another port as well, with the same network fault.
    pub(crate) async fn and_on(mut self, port: u16) -> anyhow::Result<Self> {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.context("cannot bind the port of a proxy")?;
        let closed = Arc::new(AtomicBool::new(false));
        let fault = self.fault.subscribe();
        let listening = listen(listener, self.target, Arc::clone(&closed), fault, Arc::clone(&self.tally));
        self.doors.push(Door { port, closed, listener: tokio::spawn(listening) });
        Ok(self)
    }

    /// Refuses new connections on all ports except the first and this one. Existing connections stay.
    pub(crate) fn open_only(&self, port: u16) {
        for door in &self.doors {
            door.closed.store(![self.port, port].contains(&door.port), Ordering::Relaxed);
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Changes the network fault of all connections at once.
    pub fn set(&self, fault: NetworkFault) {
        self.fault.send_replace(fault);
    }

    /// The counts so far.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.doors.iter().for_each(|door| door.listener.abort());
    }
}

async fn listen(
    listener: TcpListener,
    target: SocketAddr,
    closed: Arc<AtomicBool>,
    fault: watch::Receiver<NetworkFault>,
    tally: Arc<Tally>,
) {
    loop {
        let Ok((client, _)) = listener.accept().await else {
            // Out of file descriptors, which is temporary.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        if closed.load(Ordering::Relaxed) {
            continue;
        }
        let connection = Connection::new(fault.clone(), Arc::clone(&tally));
        tokio::spawn(async move {
            // On any error both connections are closed.
            let _closed = connection.carry(client, target).await;
        });
    }
}

/// State shared by the two directions of a connection.
struct Connection {
    fault: watch::Receiver<NetworkFault>,
    tally: Arc<Tally>,
    /// Bytes are missing.
    holed: AtomicBool,
    /// A COMMIT was forwarded whose answer must be dropped.
    committing: AtomicBool,
}

impl Connection {
    fn new(fault: watch::Receiver<NetworkFault>, tally: Arc<Tally>) -> Self {
        Self { fault, tally, holed: AtomicBool::new(false), committing: AtomicBool::new(false) }
    }

    async fn carry(&self, client: TcpStream, target: SocketAddr) -> io::Result<()> {
        if *self.fault.borrow() == NetworkFault::Reset {
            self.tally.cut.fetch_add(1, Ordering::Relaxed);
            return Ok(());
        }
        let server = TcpStream::connect(target).await?;
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        tokio::select! {
            ended = self.pump(from_client, to_server, Side::Client) => ended,
            ended = self.pump(from_server, to_client, Side::Server) => ended,
            () = self.doomed() => {
                self.tally.cut.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
        }
    }

    /// Returns when the network fault ends the connection.
    async fn doomed(&self) {
        let mut fault = self.fault.clone();
        let cut = |now: &NetworkFault| {
            *now == NetworkFault::Reset || (*now != NetworkFault::Blackhole && self.holed.load(Ordering::Relaxed))
        };
        let _gone = fault.wait_for(cut).await;
    }

    /// Carries bytes one way until either end closes.
    async fn pump(&self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf, side: Side) -> io::Result<()> {
        let mut chunk = vec![0; CHUNK];
        loop {
            let length = from.read(&mut chunk).await?;
            if length == 0 {
                return Ok(());
            }
            let bytes = &chunk[..length];
            let fault = *self.fault.borrow();
            match fault {
                NetworkFault::Fair | NetworkFault::Reset => {}
                NetworkFault::Slow { latency, bytes_per_second } => {
                    self.tally.slowed.fetch_add(length as u64, Ordering::Relaxed);
                    let transfer = Duration::from_secs_f64(length as f64 / f64::from(bytes_per_second.max(1)));
                    self.unless_fair(latency + transfer).await;
                }
                NetworkFault::Blackhole => {
                    self.holed.store(true, Ordering::Relaxed);
                    self.tally.swallowed.fetch_add(length as u64, Ordering::Relaxed);
                    continue;
                }
                NetworkFault::LoseCommits => match side {
                    Side::Client => self.committing.store(holds(bytes, COMMIT), Ordering::Relaxed),
                    Side::Server if self.committing.load(Ordering::Relaxed) && holds(bytes, COMMIT) => {
                        self.tally.commits.fetch_add(1, Ordering::Relaxed);
                        return Ok(());
                    }
                    Side::Server => {}
                },
                NetworkFault::SwallowCommits => {
                    if matches!(side, Side::Client) && holds(bytes, COMMIT) {
                        self.tally.swallowed_commits.fetch_add(1, Ordering::Relaxed);
                        return Ok(());
                    }
                }
            }
            to.write_all(bytes).await?;
        }
    }

    /// Waits for the delay, or until the network is no longer slow.
    async fn unless_fair(&self, delay: Duration) {
        let mut fault = self.fault.clone();
        let cleared = fault.wait_for(|now| !matches!(now, NetworkFault::Slow { .. }));
        let _elapsed = tokio::time::timeout(delay, cleared).await;
    }
}

/// Source of the bytes.
#[derive(Clone, Copy)]
enum Side {
    Client,
    Server,
}

fn holds(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}
