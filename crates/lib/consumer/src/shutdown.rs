//! The shutdown signal of the loop, with the time since it was given.

use std::{cell::OnceCell, time::Duration};

use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

/// The shutdown signal. All steps of the current work share one time limit after it. With a limit for each step, the
/// sum could exceed the grace period of the supervisor.
#[derive(Debug)]
pub struct Shutdown {
    token: CancellationToken,
    since: OnceCell<Instant>,
}

impl Shutdown {
    /// Resolves when a stop is requested.
    pub(crate) async fn cancelled(&self) {
        self.token.cancelled().await;
    }

    /// Whether a stop was requested.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.token.is_cancelled()
    }

    /// Resolves this long after a stop was requested.
    pub(crate) async fn passed(&self, limit: Duration) {
        self.token.cancelled().await;
        sleep_until(*self.since.get_or_init(Instant::now) + limit).await;
    }
}

impl From<CancellationToken> for Shutdown {
    fn from(token: CancellationToken) -> Self {
        Self { token, since: OnceCell::new() }
    }
}
