//! What the shell hands to a running service.

use std::{net::SocketAddr, time::Duration};

use health::Health;
use tokio_util::sync::CancellationToken;

use crate::command::version::VERSION;

/// The surroundings of a running service.
#[derive(Debug, Clone)]
pub struct Context {
    /// Cancelled by SIGTERM and SIGINT. The process ends with exit code 1 when [`Context::shutdown_grace`] has passed since.
    pub stop: CancellationToken,
    /// Where parts of the service register that `/health` and `/ready` have to ask.
    pub health: Health,
    /// `SHUTDOWN_GRACE`.
    pub shutdown_grace: Duration,
    pub(crate) http_addr: SocketAddr,
}

impl Context {
    /// `HTTP_ADDR`.
    #[must_use]
    pub const fn http_addr(&self) -> SocketAddr {
        self.http_addr
    }

    /// Logs that everything the service needs was found. Not called earlier: a service that is refused says so in one
    /// line, and that is its last one.
    pub fn started(&self) {
        tracing::info!(version = VERSION.as_str(), http.address = %self.http_addr, "started");
    }
}
