//! Listening and accepting.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use socket2::SockRef;
use tokio::{
    net::{TcpListener, TcpSocket},
    task::yield_now,
    time::sleep,
};

use super::{Limits, Server, connection::attend};

/// Connections that the kernel accepts ahead of us. They hold no file descriptor.
const BACKLOG: u32 = 4096;

/// Connections that are accepted one after the other. Each pause asks the kernel for other events, which takes as long as to
/// accept a connection.
const BURST: usize = 16;

/// Pause after a connection could not be accepted, for instance because the process has no file descriptors left.
const PAUSE: Duration = Duration::from_millis(200);

/// Maximum size of a TCP segment: that of jumbo frames. Those of most networks are smaller.
const SEGMENT_BYTES: u32 = 8_948;

/// Listens on an address. The options hold for all connections that are accepted from it.
pub(super) fn listen(address: SocketAddr, limits: &Limits) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    // A client confirms a single segment after 40 ms and two at once, so the buffers must hold several, and the last one must not
    // wait. The default of the loopback interface, by which sidecars connect, is one segment of 64 KiB.
    SockRef::from(&socket).set_tcp_mss(SEGMENT_BYTES)?;
    socket.set_nodelay(true)?;
    socket.set_recv_buffer_size(limits.socket_buffer_bytes)?;
    socket.set_send_buffer_size(limits.socket_buffer_bytes)?;
    // Hyper has no timeout for writing. The kernel's counts from the last time the client took something.
    SockRef::from(&socket).set_tcp_user_timeout(Some(limits.write_timeout))?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Accepts connections for ever. It never waits for another thread: a new connection closes one that only this thread holds.
pub(super) async fn accept(listener: TcpListener, server: Arc<Server>) {
    for number in 1_usize.. {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let ticket = server.newcomers.admit(peer.ip());
                tokio::spawn(attend(Arc::clone(&server), stream, peer.ip(), ticket));
                // So that they are looked at, and those that make room for them are closed, before others are accepted.
                if number.is_multiple_of(BURST) {
                    yield_now().await;
                }
            }
            Err(error) => {
                tracing::warn!(error = %error, "a connection to HTTP_ADDR cannot be accepted");
                sleep(PAUSE).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpStream;

    use super::*;

    #[tokio::test]
    async fn an_accepted_connection_has_the_options_of_the_listener() -> io::Result<()> {
        let limits = Limits::DEFAULT;
        let listener = listen(([127, 0, 0, 1], 0).into(), &limits)?;
        let _client = TcpStream::connect(listener.local_addr()?).await?;
        let (stream, _) = listener.accept().await?;
        assert!(stream.nodelay()?);
        assert!(SockRef::from(&stream).tcp_mss()? <= SEGMENT_BYTES);
        assert_eq!(SockRef::from(&stream).tcp_user_timeout()?, Some(limits.write_timeout));
        Ok(())
    }
}
