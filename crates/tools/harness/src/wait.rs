//! Waiting for a condition with a timeout.

use std::time::Duration;

use anyhow::{Result, bail};
use tokio::time::{Instant, sleep};

/// Polling interval.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Polls until `condition` holds.
///
/// # Errors
/// If `condition` fails, or does not hold within `limit`; the error then names `what`.
pub async fn until(what: &str, limit: Duration, mut condition: impl AsyncFnMut() -> Result<bool>) -> Result<()> {
    let deadline = Instant::now() + limit;
    while !condition().await? {
        if Instant::now() > deadline {
            bail!("timeout after {limit:?}, waiting until {what}");
        }
        sleep(POLL_INTERVAL).await;
    }
    Ok(())
}
