//! Orders at a constant rate, and the latency of each until it is visible in the marts.

use anyhow::Result;
use e2e::Pipeline;
use tokio::sync::mpsc;
use workload::source::Event;

pub(crate) use self::sender::Sender;

mod seen;
mod sender;

/// A record, and the user who is in the marts once it is stored, and not before.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) user: String,
    pub(crate) event: Event,
}

/// Sends so many, waits until each is visible, and says when each was sent, in seconds from the first, and how many
/// milliseconds it took.
pub(crate) async fn run(
    sender: &mut Sender,
    pipeline: &Pipeline,
    orders: &mut impl Iterator<Item = Order>,
    count: u64,
) -> Result<Vec<(f64, f64)>> {
    let (sent, awaited) = mpsc::unbounded_channel();
    // On a thread of its own, and heard first: why nobody looks any more is worth more than that nobody does.
    let seen = tokio::spawn(seen::watch(pipeline.database().await?, awaited));
    let (latencies, ()) = tokio::try_join!(async { seen.await? }, sender.send(orders, count, sent))?;
    Ok(latencies)
}
