//! Clients that attack an address until they are dropped.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    time::sleep,
};

/// What a client does with a connection until the service closes it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Client {
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
const PAUSE: Duration = Duration::from_millis(50);

/// Clients that attack.
pub(super) struct Attack(JoinSet<()>);

impl Attack {
    /// Starts `number` clients of each kind.
    pub(super) fn start(address: SocketAddr, number: usize, kinds: &[Client]) -> Self {
        let mut clients = JoinSet::new();
        for kind in kinds.iter().copied().cycle().take(number * kinds.len()) {
            clients.spawn(async move {
                loop {
                    // Being closed is what they are up against.
                    let _ = kind.attack(address).await;
                    sleep(PAUSE).await;
                }
            });
        }
        Self(clients)
    }

    /// Ends the attack: all connections are closed.
    pub(super) async fn stop(mut self) {
        self.0.shutdown().await;
    }
}

impl Client {
    async fn attack(self, address: SocketAddr) -> io::Result<()> {
        let mut stream = TcpStream::connect(address).await?;
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
