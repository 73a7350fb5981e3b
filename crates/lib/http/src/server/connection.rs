//! One connection: whether it asks for a probe, and its requests until it ends.

use std::{convert::Infallible, io, net::IpAddr, pin::pin, sync::Arc};

use axum::{Router, body::Body};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{net::TcpStream, time::timeout};
use tower::ServiceExt as _;

use super::{Limits, Server, connections::Ticket};
use crate::LongResponse;

/// The beginnings of requests that are answered by the thread that accepts.
const PROBES: [&[u8]; 2] = [b"GET /health ", b"GET /ready "];

/// Serves a connection until it ends, or has to make room for another one.
pub(super) async fn attend(server: Arc<Server>, stream: TcpStream, address: IpAddr, ticket: Ticket) {
    let close = ticket.close.clone();
    let asks = timeout(server.limits.header_timeout, asks_for_probe(&stream));
    match close.run_until_cancelled(asks).await {
        Some(Ok(Ok(true))) => {
            ticket.set_busy();
            let probes = server.probes.clone();
            close.run_until_cancelled(serve(stream, probes, Arc::new(ticket), &server.limits, false)).await;
        }
        Some(Ok(Ok(false))) => {
            close.run_until_cancelled(hand_over(server, stream, address)).await;
        }
        // Closed without a request by the client, for another one, or after the timeout; an error is the client's.
        Some(Ok(Err(_)) | Err(_)) | None => {}
    }
}

/// Whether the first bytes are a whole request for a probe, which can be answered at once. If it comes in pieces, or has a
/// long header, the other runtime answers it.
async fn asks_for_probe(stream: &TcpStream) -> io::Result<bool> {
    let mut start = [0; 1024];
    let length = stream.peek(&mut start).await?;
    let start = &start[..length];
    let is_whole = start.windows(4).any(|end| end == b"\r\n\r\n");
    Ok(is_whole && PROBES.iter().any(|probe| start.starts_with(probe)))
}

/// Continues in the runtime of the routes, as soon as it has closed as many connections as it must.
async fn hand_over(server: Arc<Server>, stream: TcpStream, address: IpAddr) {
    let ticket = server.connections.admit(address);
    let close = ticket.close.clone();
    let Some(Ok(socket)) = close.run_until_cancelled(Arc::clone(&server.sockets).acquire_owned()).await else { return };
    let Ok(stream) = stream.into_std() else { return };
    server.runtime.clone().spawn(async move {
        let Ok(stream) = TcpStream::from_std(stream) else { return };
        let routes = server.routes.clone();
        close.run_until_cancelled(serve(stream, routes, Arc::new(ticket), &server.limits, true)).await;
        drop(socket);
    });
}

/// Answers the requests of a connection. Errors are those of the client: a malformed request, a timeout, a reset.
async fn serve(stream: TcpStream, routes: Router, ticket: Arc<Ticket>, limits: &Limits, keep_alive: bool) {
    let long = LongResponse::default();
    let answer = service_fn(|mut request: Request<Incoming>| {
        let (routes, ticket) = (routes.clone(), Arc::clone(&ticket));
        request.extensions_mut().insert(long.clone());
        async move {
            ticket.set_busy();
            let response = routes.oneshot(request.map(Body::new)).await;
            ticket.set_idle();
            response as Result<_, Infallible>
        }
    });
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_header_size(limits.header_bytes)
        .max_buf_size(limits.header_bytes)
        .keep_alive(keep_alive);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), answer));
    if timeout(limits.max_age, connection.as_mut()).await.is_err() {
        connection.as_mut().graceful_shutdown();
        let rest = if long.is_allowed() { limits.long_response_timeout } else { limits.last_response_timeout };
        let _ = timeout(rest, connection).await;
    }
}
