//! The HTTP client: one request on a connection of its own, one answer of limited size, in limited time.
//!
//! This is the only crate that sends HTTP requests. It follows no redirects and asks no proxy.

use std::time::Duration;

pub use axum::body::Bytes;
use axum::body::{Body, to_bytes};
use hyper::client::conn::http1;
pub use hyper::{Method, Request, Response, Uri, header};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::timeout,
};

pub use self::addresses::Addresses;

mod addresses;
pub mod chunks;

/// The largest body of an answer in bytes.
pub const MAX_BODY_BYTES: usize = 64 << 10;

/// A client. Cloning shares the certificate authorities.
#[derive(Debug, Clone)]
pub struct Client {
    tls: tokio_native_tls::TlsConnector,
    timeout: Duration,
    addresses: Addresses,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body. `None`: it is larger than [`MAX_BODY_BYTES`].
    pub body: Option<Bytes>,
}

/// Why there is no answer. The text never contains the address, which may have a secret.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address cannot be used.
    #[error("not an address of a server: it has to begin with http:// or https://, with a host")]
    Address,
    /// The name of the server has an address that is not public.
    #[error("the address of the server is a private or special one")]
    Forbidden,
    /// No answer in time.
    #[error("no answer for {0:?}")]
    TimedOut(Duration),
    /// The server cannot be reached, or closes the connection.
    #[error("{0}")]
    Connection(String),
}

impl Client {
    /// A client whose requests take so long at most, from connecting to the end of the answer.
    ///
    /// # Errors
    /// The certificate authorities of the system cannot be read.
    pub fn new(timeout: Duration) -> Result<Self, Error> {
        let tls = native_tls::TlsConnector::new().map_err(|error| Error::Connection(error.to_string()))?;
        Ok(Self { tls: tls.into(), timeout, addresses: Addresses::Any })
    }

    /// The same that connects to these addresses only.
    #[must_use]
    pub const fn with(mut self, addresses: Addresses) -> Self {
        self.addresses = addresses;
        self
    }

    /// Sends a GET request, with a bearer token if there is one.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn get(&self, uri: &Uri, token: Option<&str>) -> Result<Answer, Error> {
        let mut request = Request::get(uri);
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.body(Bytes::new()).map_err(|_| Error::Address)?;
        let (parts, body) = self.send(request).await?.into_parts();
        Ok(Answer { status: parts.status.as_u16(), body })
    }

    /// Sends a request to the whole address in it, and returns status, headers and body. The header `Host` is added. The
    /// body is `None` if it is larger than [`MAX_BODY_BYTES`].
    ///
    /// # Errors
    /// There is no answer.
    pub async fn send(&self, request: Request<Bytes>) -> Result<Response<Option<Bytes>>, Error> {
        timeout(self.timeout, self.answer(request)).await.unwrap_or(Err(Error::TimedOut(self.timeout)))
    }

    async fn answer(&self, mut request: Request<Bytes>) -> Result<Response<Option<Bytes>>, Error> {
        let uri = request.uri().clone();
        let (host, is_https) = (uri.host().ok_or(Error::Address)?, uri.scheme_str() == Some("https"));
        let port = uri.port_u16().unwrap_or(if is_https { 443 } else { 80 });
        let stream = self.addresses.connect(host.trim_matches(['[', ']']), port).await?;
        // The user information of an address is no part of the header.
        let authority = uri.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        request.headers_mut().insert(header::HOST, authority.parse().map_err(|_| Error::Address)?);
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        *request.uri_mut() = path.parse().map_err(|_| Error::Address)?;
        let request = request.map(Body::from);
        if is_https {
            exchange(self.tls.connect(host, stream).await.map_err(connection)?, request).await
        } else {
            exchange(stream, request).await
        }
    }
}

/// Sends a request and reads its answer. The connection ends with it.
async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Body>,
) -> Result<Response<Option<Bytes>>, Error> {
    let (mut sender, driver) = http1::handshake(TokioIo::new(stream)).await.map_err(connection)?;
    // An error of the connection ends the request with the same error.
    let driver = tokio::spawn(driver);
    let answer = async {
        let (parts, body) = sender.send_request(request).await.map_err(connection)?.into_parts();
        match to_bytes(Body::new(body), MAX_BODY_BYTES).await {
            Ok(body) => Ok(Response::from_parts(parts, Some(body))),
            Err(error) if is_too_large(&error) => Ok(Response::from_parts(parts, None)),
            Err(error) => Err(connection(error)),
        }
    }
    .await;
    driver.abort();
    answer
}

fn is_too_large(error: &axum::Error) -> bool {
    error.to_string().contains("length limit exceeded")
}

fn connection(error: impl std::error::Error) -> Error {
    match error.source() {
        Some(cause) => Error::Connection(format!("{error}: {cause}")),
        None => Error::Connection(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    /// A server that answers once, and the request that it got.
    async fn server(answer: String) -> (Uri, tokio::task::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri = format!("http://{}/users/7?x", listener.local_addr().unwrap()).parse().unwrap();
        let request = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 1000];
            let length = stream.read(&mut request).await.unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8_lossy(&request[..length]).into_owned()
        });
        (uri, request)
    }

    fn client() -> Client {
        Client::new(Duration::from_secs(5)).unwrap()
    }

    #[tokio::test]
    async fn a_request_has_path_and_token_and_an_answer_status_and_body() {
        let (uri, request) = server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".to_owned()).await;
        let answer = client().get(&uri, Some("secret")).await.unwrap();
        assert_eq!(answer, Answer { status: 200, body: Some("ok".into()) });
        let request = request.await.unwrap().to_lowercase();
        assert!(request.starts_with("get /users/7?x http/1.1\r\n"), "{request}");
        assert!(request.contains("authorization: bearer secret\r\n"), "{request}");
    }

    #[tokio::test]
    async fn a_request_has_its_method_headers_and_body_and_an_answer_its_headers() {
        let (uri, request) =
            server("HTTP/1.1 308 Resume\r\nRange: bytes=0-1\r\nContent-Length: 0\r\n\r\n".to_owned()).await;
        let put = Request::put(&uri).header(header::CONTENT_RANGE, "bytes 0-1/*").body(Bytes::from("ab")).unwrap();
        let answer = client().send(put).await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.headers()["range"].to_str().unwrap()), (308, "bytes=0-1"));
        let request = request.await.unwrap();
        assert!(request.starts_with("PUT /users/7?x HTTP/1.1\r\n"), "{request}");
        for part in ["content-range: bytes 0-1/*\r\n", "content-length: 2\r\n", "host: 127.0.0.1:", "\r\n\r\nab"] {
            assert!(request.contains(part), "{part} in {request}");
        }
    }

    #[tokio::test]
    async fn a_body_that_is_too_large_is_left_out() {
        let body = "x".repeat(MAX_BODY_BYTES + 1);
        let (uri, _request) = server(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())).await;
        assert_eq!(client().get(&uri, None).await.unwrap(), Answer { status: 200, body: None });
    }

    #[tokio::test]
    async fn no_answer_is_an_error() {
        let nobody: Uri = "http://127.0.0.1:1/".parse().unwrap();
        assert!(matches!(client().get(&nobody, None).await, Err(Error::Connection(_))));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let silent: Uri = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        let brief = Client::new(Duration::from_millis(50)).unwrap();
        assert!(matches!(brief.get(&silent, None).await, Err(Error::TimedOut(_))));
        assert!(matches!(client().get(&"/path".parse().unwrap(), None).await, Err(Error::Address)));
        let (uri, _request) = server("nonsense".to_owned()).await;
        assert!(matches!(client().get(&uri, None).await, Err(Error::Connection(_))));
    }
}
