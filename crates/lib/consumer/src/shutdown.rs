//! Being told to stop, and how long ago that was.

use std::{cell::OnceCell, time::Duration};

use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

/// The order to stop. What is in hand then has one budget of time for all its steps: one for each step would add up to more
/// than a supervisor waits.
#[derive(Debug)]
pub struct Shutdown {
    told: CancellationToken,
    since: OnceCell<Instant>,
}

impl Shutdown {
    /// Resolves when the loop is told to stop.
    pub(crate) async fn cancelled(&self) {
        self.told.cancelled().await;
    }

    /// Whether it has been told.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.told.is_cancelled()
    }

    /// Resolves so long after the loop was told to stop.
    pub(crate) async fn passed(&self, limit: Duration) {
        self.told.cancelled().await;
        sleep_until(*self.since.get_or_init(Instant::now) + limit).await;
    }
}

impl From<CancellationToken> for Shutdown {
    fn from(told: CancellationToken) -> Self {
        Self { told, since: OnceCell::new() }
    }
}
