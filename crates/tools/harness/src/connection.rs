//! An HTTP/1.1 connection that stays open between requests, for many small requests to a service.

use std::io::ErrorKind;
use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// A connection to a service. It is opened by the first request, and again after the service has closed it.
pub struct Connection {
    address: SocketAddr,
    stream: Option<BufReader<TcpStream>>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: String,
}

impl Connection {
    /// A connection to this address, not opened yet.
    #[must_use]
    pub fn new(address: SocketAddr) -> Self {
        Self { address, stream: None }
    }

    /// A GET request.
    ///
    /// # Errors
    /// As [`Connection::send`].
    pub async fn get(&mut self, path: &str) -> Result<Response> {
        self.send("GET", path, "", b"").await
    }

    /// A POST request with JSON.
    ///
    /// # Errors
    /// As [`Connection::send`].
    pub async fn post(&mut self, path: &str, json: &str) -> Result<Response> {
        self.send("POST", path, "content-type: application/json\r\n", json.as_bytes()).await
    }

    /// A request with headers, each with its line end. If a connection that was open before ends without an answer, the
    /// request is sent once more on a new one: the service closes connections that are old or idle.
    ///
    /// # Errors
    /// There is no answer, or one without its length.
    pub async fn send(&mut self, method: &str, path: &str, headers: &str, body: &[u8]) -> Result<Response> {
        let head =
            format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n{headers}\r\n", body.len());
        if let Some(stream) = self.stream.take()
            && let Some(response) = self.exchange(stream, &head, body).await?
        {
            return Ok(response);
        }
        let stream = TcpStream::connect(self.address).await.context("cannot connect")?;
        stream.set_nodelay(true)?;
        self.exchange(BufReader::new(stream), &head, body).await?.context("the service has closed the connection")
    }

    /// Sends a request and reads its answer. `None`: the connection has ended before the answer began.
    async fn exchange(
        &mut self,
        mut stream: BufReader<TcpStream>,
        head: &str,
        body: &[u8],
    ) -> Result<Option<Response>> {
        let wrote = async {
            let inner = stream.get_mut();
            if body.len() < 4096 {
                inner.write_all(&[head.as_bytes(), body].concat()).await
            } else {
                inner.write_all(head.as_bytes()).await?;
                inner.write_all(body).await
            }
        };
        if let Err(error) = wrote.await {
            return if is_closed(error.kind()) { Ok(None) } else { Err(error.into()) };
        }
        let mut line = String::new();
        match stream.read_line(&mut line).await {
            Ok(0) => return Ok(None),
            Ok(_) => {}
            Err(error) if is_closed(error.kind()) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        let status = line.split(' ').nth(1).and_then(|status| status.parse().ok()).context("no status")?;
        let (length, closes) = headers(&mut stream).await?;
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.context("the body is cut")?;
        if !closes {
            self.stream = Some(stream);
        }
        Ok(Some(Response { status, body: String::from_utf8(body)? }))
    }

    /// Reads an answer of any length without keeping it, on a connection of its own. Returns its length in bytes.
    ///
    /// # Errors
    /// The status is not 200.
    pub async fn download(&self, path: &str) -> Result<u64> {
        let mut stream = BufReader::new(TcpStream::connect(self.address).await.context("cannot connect")?);
        stream.get_mut().write_all(format!("GET {path} HTTP/1.0\r\nhost: localhost\r\n\r\n").as_bytes()).await?;
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        ensure!(line.contains(" 200 "), "{path}: {line}");
        headers(&mut stream).await?;
        Ok(tokio::io::copy(&mut stream, &mut tokio::io::sink()).await?)
    }
}

const fn is_closed(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::UnexpectedEof)
}

/// Reads headers to their end. Returns the length of the body, and whether the connection ends with it.
async fn headers(stream: &mut BufReader<TcpStream>) -> Result<(usize, bool)> {
    let (mut length, mut closes, mut line) = (0, false, String::new());
    loop {
        line.clear();
        ensure!(stream.read_line(&mut line).await? > 0, "the header is cut");
        let Some((name, value)) = line.trim_end().split_once(':') else { return Ok((length, closes)) };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse()?;
        } else if name.eq_ignore_ascii_case("connection") {
            closes = value.trim().eq_ignore_ascii_case("close");
        }
    }
}
