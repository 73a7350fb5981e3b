//! `healthcheck`: requests `/health` of a running service, for container probes in an image without `curl`.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use anyhow::{Context, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// `/health` is answered from memory. A service that takes longer is hanging.
const PROBE_TIMEOUT: Duration = Duration::from_secs(3);

/// Requests `/health` of the service that listens on `address` on this machine.
pub(crate) async fn healthcheck(address: SocketAddr) -> anyhow::Result<()> {
    let answer = timeout(PROBE_TIMEOUT, ask(nearby(address))).await;
    let answer = answer.with_context(|| format!("no answer within {} s", PROBE_TIMEOUT.as_secs()))?;
    let answer = answer.with_context(|| format!("HTTP_ADDR: no answer from {address}"))?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    ensure!(head.split(' ').nth(1) == Some("200"), "{body}");
    println!("{body}");
    Ok(())
}

async fn ask(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"GET /health HTTP/1.0\r\n\r\n").await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

/// Replaces an unspecified address by the loopback address, on which such a service listens too.
fn nearby(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        let loopback = if address.is_ipv4() { IpAddr::from(Ipv4Addr::LOCALHOST) } else { Ipv6Addr::LOCALHOST.into() };
        address.set_ip(loopback);
    }
    address
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// A service that answers once.
    async fn listening(answer: &'static str) -> std::io::Result<SocketAddr> {
        let listener = TcpListener::bind("0.0.0.0:0").await?;
        let address = listener.local_addr()?;
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await?;
            let mut request = [0; 64];
            let read = stream.read(&mut request).await?;
            assert!(request[..read].starts_with(b"GET /health "));
            stream.write_all(answer.as_bytes()).await
        });
        Ok(address)
    }

    #[tokio::test]
    async fn healthcheck_returns_the_answer_of_the_service() -> anyhow::Result<()> {
        healthcheck(listening("HTTP/1.0 200 OK\r\n\r\nhealthy").await?).await?;
        let hangs = listening("HTTP/1.0 503 Service Unavailable\r\n\r\nthe loop has had no heartbeat for 61 s").await?;
        assert_eq!(healthcheck(hangs).await.unwrap_err().to_string(), "the loop has had no heartbeat for 61 s");
        Ok(())
    }

    #[tokio::test]
    async fn an_unreachable_service_is_not_healthy() -> anyhow::Result<()> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        drop(listener);
        let refused = healthcheck(address).await.unwrap_err().to_string();
        assert_eq!(refused, format!("HTTP_ADDR: no answer from {address}"));
        Ok(())
    }
}
