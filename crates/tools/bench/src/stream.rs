//! Orders at a constant rate, and the latency of each until it is visible in the marts.

use anyhow::Result;
use harness::Pipeline;
use tokio::sync::mpsc;
use workload::source::Event;

pub(crate) use self::sender::Sender;

mod seen;
mod sender;

/// A record, and the user who appears in the marts when it is stored, and not before.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) user: String,
    pub(crate) event: Event,
}

/// Sends a number of records and waits until each is visible. Returns the time of each in seconds since the first, and
/// its latency in milliseconds.
pub(crate) async fn run(
    sender: &mut Sender,
    pipeline: &Pipeline,
    orders: &mut impl Iterator<Item = Order>,
    count: u64,
) -> Result<Vec<(f64, f64)>> {
    let (sent, awaited) = mpsc::unbounded_channel();
    // Runs in its own thread, and its error is returned first: it explains why the polling ended.
    let seen = tokio::spawn(seen::watch(pipeline.database().await?, awaited));
    let (latencies, ()) = tokio::try_join!(async { seen.await? }, sender.send(orders, count, sent))?;
    Ok(latencies)
}
