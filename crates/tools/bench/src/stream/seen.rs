//! Polls the mart like a reader until every order sent is visible.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Duration, Instant, sleep};
use tokio_postgres::Client;

/// A user and their counters become visible with one commit.
const SEEN: &str = "SELECT source_id FROM cdm.users WHERE source_id = ANY($1)";

/// Pause between two polls. It is part of the measured latency.
const PAUSE: Duration = Duration::from_millis(1);

/// An order that takes longer counts as lost.
const WAIT_TIMEOUT: Duration = Duration::from_secs(60);

/// An order on its way.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) user: String,
    /// Just before it was handed to the producer.
    pub(super) at: Instant,
}

/// Returns when all orders are visible and no more are sent: the time of each in seconds since the first, and its
/// latency in milliseconds.
pub(super) async fn watch(client: Client, mut sent: UnboundedReceiver<Sent>) -> Result<Vec<(f64, f64)>> {
    client.batch_execute("SET enable_seqscan = off").await?;
    let statement = client.prepare(SEEN).await?;
    let mut awaited: BTreeMap<String, Instant> = BTreeMap::new();
    let (mut first, mut latencies) = (None, Vec::new());
    loop {
        if awaited.is_empty() {
            // No query is sent while no order is outstanding.
            let Some(Sent { user, at }) = sent.recv().await else { return Ok(latencies) };
            awaited.insert(user, at);
        }
        while let Ok(Sent { user, at }) = sent.try_recv() {
            awaited.insert(user, at);
        }
        let users: Vec<&str> = awaited.keys().map(String::as_str).collect();
        let rows = client.query(&statement, &[&users]).await?;
        let now = Instant::now();
        for row in rows {
            let Some(at) = awaited.remove(row.try_get::<_, &str>(0)?) else { continue };
            let first = *first.get_or_insert(at);
            latencies.push(((at - first).as_secs_f64(), (now - at).as_secs_f64() * 1000.0));
        }
        let lost = awaited.iter().find(|(_, at)| at.elapsed() > WAIT_TIMEOUT);
        ensure!(lost.is_none(), "the order of {lost:?} has not arrived");
        sleep(PAUSE).await;
    }
}
