//! The HTTP server of a service: it listens on one address, answers probes on a thread of their own, and bounds what
//! clients can hold.
//!
//! [`accept`] admits every connection at once. [`connections`] counts them, and closes the one that has been idle longest
//! when there are too many, so that a new client, for instance a probe, is never kept out by old ones. [`connection`]
//! serves one: requests for `/health` and `/ready` in the thread that accepts, all others in the runtime of the routes.
//! Until it has sent something, a connection belongs to the thread that accepts, which can close it without waiting.

use std::{io, net::SocketAddr, sync::Arc};

use axum::Router;
use tokio::{runtime::Handle, sync::Semaphore};

use self::connections::Connections;
pub use self::limits::Limits;

mod limits;
mod connections;
mod connection;
mod accept;

/// Routes, and the runtime that answers them.
#[derive(Debug, Clone)]
pub struct Routes {
    /// `/health` and `/ready`: answered by the runtime that calls [`serve`]. They must not wait for anything.
    pub probes: Router,
    /// All other routes. Those of `probes` are added.
    pub others: Router,
    /// Runs `others`.
    pub runtime: Handle,
}

/// What the tasks of a server share.
struct Server {
    limits: Limits,
    probes: Router,
    routes: Router,
    runtime: Handle,
    /// Those that have sent nothing.
    newcomers: Connections,
    /// Those whose requests the routes answer.
    connections: Connections,
    /// A permit for each socket of the routes: the last file descriptors of the process are for others.
    sockets: Arc<Semaphore>,
}

/// Listens from here on, in the background, until the process ends: a probe is answered during a stop, too. Returns the
/// address, with the port that was chosen for port 0.
///
/// # Errors
/// When the address cannot be listened on.
pub fn serve(address: SocketAddr, routes: Routes, limits: Limits) -> io::Result<SocketAddr> {
    let listener = accept::listen(address, &limits)?;
    let address = listener.local_addr()?;
    let Routes { probes, others, runtime } = routes;
    let server = Server {
        routes: others.merge(probes.clone()),
        probes,
        runtime,
        newcomers: Connections::new(limits.newcomers, limits.newcomers / 2),
        connections: Connections::new(limits.connections, limits.connections_per_address),
        sockets: Arc::new(Semaphore::new(limits.sockets)),
        limits,
    };
    tokio::spawn(accept::accept(listener, Arc::new(server)));
    Ok(address)
}
