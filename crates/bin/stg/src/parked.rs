//! Background rounds of stg: parked orders are retried, and messages without a Kafka offset are published from an
//! outbox. A parked order whose names have come is stored as unsent, published, and marked as sent.
//!
//! Each round is bounded: it looks up a limited number of distinct names ([`ReleasableNames`]), retries a limited
//! number of orders ([`retry`]) and publishes a limited number of messages. Replicas share the work without waiting for
//! each other: each skips rows that another one has locked.

use std::time::Duration;

use consumer::{Failure, Message, OutboxBatch};
use database::{Database, get, statement};
use orders::UtcMicros;
use outbox::Outbox;
use reference::ReferenceStore;

pub use self::{list::List, release::Release, selection::Selection};
use self::{parked_metrics::ParkedMetrics, releasable::ReleasableNames};
use crate::publish;

mod releasable;
mod retry;
mod parked_metrics;
mod selection;
mod list;
mod release;

/// State of the background rounds of one replica.
#[derive(Debug)]
pub(crate) struct Parked {
    search: ReleasableNames,
    parked_metrics: ParkedMetrics,
    outbox: Outbox,
}

impl Default for Parked {
    fn default() -> Self {
        Self {
            search: ReleasableNames::default(),
            parked_metrics: ParkedMetrics::default(),
            outbox: Outbox::new(statement!("stg/orders/mark_sent")),
        }
    }
}

/// Limits of a round.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RoundLimits {
    /// Maximum time that an order waits for its products (`PARK_MAX_AGE`).
    pub(crate) max_age: Duration,
    /// Maximum number of orders retried, and of messages published.
    pub(crate) orders: usize,
    /// Maximum size of a message with its key, in bytes.
    pub(crate) budget: usize,
    /// Maximum size of the names that the orders retried together need, in bytes.
    pub(crate) lookup: usize,
}

/// Maximum bytes of payloads read and of messages published in one round; the last item may exceed it. A pod has 128
/// MiB, and a single order may have 1 MiB.
const BYTES_A_ROUND: i64 = 4 << 20;

impl Parked {
    /// Runs one round: retries parked orders, then returns unsent messages.
    pub(crate) async fn poll_outbox(
        &mut self,
        database: &Database,
        names: &ReferenceStore,
        now: UtcMicros,
        limits: RoundLimits,
    ) -> Result<OutboxBatch, Failure> {
        let known = self.search.known(database, names).await?;
        let taken = retry::retry(database, names, known, now, limits).await?;
        self.search.learn(&taken);
        // A failed count must not stop the round. If the database is unreachable, the next statement fails.
        if let Err(error) = self.parked_metrics.take(database).await {
            tracing::warn!(%error, "could not count parked orders");
        }
        let messages = self.next_batch(database, limits).await?;
        let more = taken.moved > 0 || !messages.is_empty();
        Ok(OutboxBatch { messages, more })
    }

    /// Marks the messages of the last round as sent.
    pub(crate) async fn mark_sent(&mut self) -> Result<(), Failure> {
        self.outbox.mark_sent().await
    }

    /// The next unsent messages.
    async fn next_batch(&mut self, database: &Database, limits: RoundLimits) -> Result<Vec<Message>, Failure> {
        let transaction = self.outbox.begin(database).await?;
        let size = i64::try_from(limits.orders).unwrap_or(i64::MAX);
        let rows = transaction.query(&statement!("stg/orders/lock_unsent_orders"), [&size, &BYTES_A_ROUND]).await?;
        let rows = rows.iter().map(|row| Ok((get(row, 0)?, publish::message(get(row, 1)?, get(row, 2)?))));
        let rows = rows.collect::<Result<_, Failure>>()?;
        self.outbox.begin_publishing(transaction, rows).await
    }
}
