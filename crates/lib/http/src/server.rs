//! The server: listens on an address and answers requests.

use std::{io, net::SocketAddr};

use axum::Router;
use tokio::net::TcpListener;

/// Listens from here on, in the background, until the process ends: a probe is answered during a stop, too.
///
/// # Errors
/// When the address cannot be listened on.
pub async fn serve(address: SocketAddr, routes: Router) -> io::Result<()> {
    let listener = TcpListener::bind(address).await?;
    tokio::spawn(axum::serve(listener, routes).into_future());
    Ok(())
}
