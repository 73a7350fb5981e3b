//! The context of a running service: stop signal, health, grace period.

use std::{net::SocketAddr, time::Duration};

use health::Health;
use tokio_util::sync::CancellationToken;

use crate::command::version::VERSION;

/// The context of a running service.
#[derive(Debug, Clone)]
pub struct Context {
    /// Cancelled by SIGTERM and SIGINT. The process ends with exit code 1 when [`Context::shutdown_grace`] has passed since.
    pub stop: CancellationToken,
    /// The registry of the sources of `/health` and `/ready`.
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

    /// Logs that the service has found everything that it needs. Not called earlier, because a service that cannot start
    /// prints one line only, the error.
    pub fn started(&self) {
        tracing::info!(version = VERSION.as_str(), http.address = %self.http_addr, "started");
    }
}
