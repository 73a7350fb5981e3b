//! The server under clients that want to hold more than they may.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Weak, mpsc},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    routing::get,
};
use futures_util::stream;
use http::server::{Limits, Routes, serve};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    runtime::{Builder, Handle},
    time::{sleep, timeout},
};

/// Time limit of a condition on a busy machine.
const WAIT_TIMEOUT: Duration = Duration::from_secs(30);

/// Time limit of a probe, which a kubelet allows.
const PROBE_TIMEOUT: Duration = Duration::from_secs(1);

const SHORT: Duration = Duration::from_millis(200);

/// A server whose response to `/large` holds a reference to `held` until it is sent or dropped.
fn start(limits: Limits, held: &Arc<()>) -> io::Result<SocketAddr> {
    start_on(Handle::current(), limits, held)
}

/// The same with another runtime for the routes.
fn start_on(runtime: Handle, limits: Limits, held: &Arc<()>) -> io::Result<SocketAddr> {
    let held = Arc::clone(held);
    let large = move || {
        let held = Arc::clone(&held);
        async move {
            let parts = stream::iter(std::iter::repeat_n(Bytes::from(vec![b'x'; 1 << 16]), 1 << 8));
            Body::from_stream(stream::StreamExt::map(parts, move |part| {
                let _held = &held;
                Ok::<_, io::Error>(part)
            }))
        }
    };
    let routes = Routes {
        probes: Router::new().route("/health", get(async || "healthy")),
        others: Router::new().route("/large", get(large)).route("/", get(async || "hello")),
        runtime,
    };
    serve(([127, 0, 0, 1], 0).into(), routes, limits)
}

async fn connect(address: SocketAddr, from: u8) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(([127, 0, 0, from], 0).into())?;
    socket.connect(address).await
}

/// The response to a request, with its head.
async fn ask(address: SocketAddr, request: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut response = String::new();
    stream.read_to_string(&mut response).await?;
    Ok(response)
}

/// What the server sends until it closes the connection.
async fn read_to_end(stream: &mut TcpStream) -> Vec<u8> {
    let mut received = Vec::new();
    // A connection that is closed with unread bytes is reset.
    let _ = timeout(WAIT_TIMEOUT, stream.read_to_end(&mut received)).await.expect("the connection is still open");
    received
}

async fn until_dropped(held: &Weak<()>, references: usize) {
    let dropped = async {
        while held.strong_count() > references {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(WAIT_TIMEOUT, dropped).await.expect("the response is still held");
}

#[tokio::test]
async fn a_probe_and_a_page_are_answered_while_idle_connections_are_at_the_limit() -> io::Result<()> {
    let limits = Limits { newcomers: 8, connections: 8, connections_per_address: 6, ..Limits::DEFAULT };
    let address = start(limits, &Arc::default())?;
    let mut idle = Vec::new();
    for number in 0..60 {
        idle.push(connect(address, 2 + number % 3).await?);
        if number % 10 == 9 {
            assert!(ask(address, "GET /health HTTP/1.0\r\n\r\n").await?.ends_with("healthy"));
            assert!(ask(address, "GET / HTTP/1.0\r\n\r\n").await?.ends_with("hello"));
        }
    }
    for stream in &mut idle[..50] {
        assert_eq!(read_to_end(stream).await, b"");
    }
    Ok(())
}

#[tokio::test]
async fn a_probe_is_answered_while_the_routes_hang_and_cannot_close_connections() -> io::Result<()> {
    let routes = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let (resume, resumed) = mpsc::channel::<()>();
    routes.spawn(async move { resumed.recv() });
    let address = start_on(routes.handle().clone(), Limits::DEFAULT, &Arc::default())?;
    let mut slow = Vec::new();
    for number in 0..600 {
        let mut stream = connect(address, 2 + (number % 3) as u8).await?;
        stream.write_all(b"G").await?;
        slow.push(stream);
    }
    let response = timeout(PROBE_TIMEOUT, ask(address, "GET /health HTTP/1.0\r\n\r\n")).await.expect("no answer");
    assert!(response?.ends_with("healthy"));
    drop(resume);
    routes.shutdown_background();
    Ok(())
}

#[tokio::test]
async fn connections_that_have_sent_little_make_room_for_others() -> io::Result<()> {
    let limits = Limits { connections: 8, connections_per_address: 6, ..Limits::DEFAULT };
    let address = start(limits, &Arc::default())?;
    let mut slow = Vec::new();
    for number in 0..30 {
        let mut stream = connect(address, 2 + number % 3).await?;
        stream.write_all(b"GET / HTTP/1.1\r\n").await?;
        slow.push(stream);
        assert!(ask(address, "GET / HTTP/1.0\r\n\r\n").await?.ends_with("hello"));
    }
    for stream in &mut slow[..20] {
        let closed = timeout(Limits::DEFAULT.header_timeout / 2, read_to_end(stream)).await;
        assert_eq!(closed.expect("the connection is kept until its timeout"), b"");
    }
    Ok(())
}

#[tokio::test]
async fn a_connection_for_a_probe_serves_nothing_else() -> io::Result<()> {
    let address = start(Limits::DEFAULT, &Arc::default())?;
    let both = "GET /health HTTP/1.1\r\nhost: x\r\n\r\nGET / HTTP/1.1\r\nhost: x\r\n\r\n";
    let response = ask(address, both).await?;
    assert!(response.contains("connection: close") && response.ends_with("healthy"), "{response}");
    // Where the beginning comes in pieces it is answered as well.
    let mut stream = TcpStream::connect(address).await?;
    for piece in ["GE", "T /health HTTP/1.0\r\n", "\r\n"] {
        stream.write_all(piece.as_bytes()).await?;
        sleep(Duration::from_millis(20)).await;
    }
    assert!(read_to_end(&mut stream).await.ends_with(b"healthy"));
    Ok(())
}

#[tokio::test]
async fn unfinished_headers_and_idle_connections_end() -> io::Result<()> {
    let address = start(Limits { header_timeout: SHORT, ..Limits::DEFAULT }, &Arc::default())?;
    for (beginning, response) in
        [("", ""), ("GET / HTTP/1.1\r\nx: y", ""), ("GET / HTTP/1.1\r\nhost: x\r\n\r\n", "hello")]
    {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(beginning.as_bytes()).await?;
        let received = read_to_end(&mut stream).await;
        assert!(received.ends_with(response.as_bytes()), "{beginning:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_large_header_is_refused() -> io::Result<()> {
    let address = start(Limits::DEFAULT, &Arc::default())?;
    let header = |length| format!("GET / HTTP/1.0\r\nx: {}\r\n\r\n", "y".repeat(length));
    assert!(ask(address, &header(15 << 10)).await?.ends_with("hello"));
    let mut stream = TcpStream::connect(address).await?;
    let _ = stream.write_all(header(400 << 10).as_bytes()).await;
    let received = read_to_end(&mut stream).await;
    assert!(received.is_empty() || received.starts_with(b"HTTP/1.1 431"), "{}", String::from_utf8_lossy(&received));
    Ok(())
}

#[tokio::test]
async fn a_client_that_takes_nothing_loses_its_connection() -> io::Result<()> {
    let held = Arc::new(());
    let address = start(Limits { write_timeout: SHORT, ..Limits::DEFAULT }, &held)?;
    let (weak, references) = (Arc::downgrade(&held), Arc::strong_count(&held));
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"GET /large HTTP/1.1\r\nhost: x\r\n\r\n").await?;
    stream.readable().await?;
    until_dropped(&weak, references).await;
    Ok(())
}

#[tokio::test]
async fn a_client_that_takes_little_by_little_loses_its_connection_at_a_certain_age() -> io::Result<()> {
    let held = Arc::new(());
    let limits = Limits { max_age: SHORT, last_response_timeout: SHORT, ..Limits::DEFAULT };
    let address = start(limits, &held)?;
    let (weak, references) = (Arc::downgrade(&held), Arc::strong_count(&held));
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"GET /large HTTP/1.1\r\nhost: x\r\n\r\n").await?;
    stream.readable().await?;
    let mut little = [0; 256];
    let trickle = async {
        while stream.read(&mut little).await.is_ok_and(|length| length > 0) {
            sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::join!(trickle, until_dropped(&weak, references));
    Ok(())
}

#[tokio::test]
async fn a_client_that_reads_receives_the_whole_response() -> io::Result<()> {
    let address = start(Limits::DEFAULT, &Arc::default())?;
    let response = ask(address, "GET /large HTTP/1.0\r\n\r\n").await?;
    let (_, body) = response.split_once("\r\n\r\n").expect("a head");
    assert_eq!(body.len(), 1 << 24);
    Ok(())
}
