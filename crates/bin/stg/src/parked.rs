//! Orders without an offset behind them: parked until their names come, then stored as unsent, sent, marked as sent.
//!
//! A round is bounded whatever the number of parked orders: so many distinct names are asked for ([`search`]), so many
//! orders taken up ([`retry`]), so many messages handed out. Replicas share the work without waiting for each other:
//! each takes what no other has locked.

use std::time::Duration;

use consumer::{Failure, Message, OutboxBatch};
use database::{Database, Transaction, get, statement};
use orders::UtcMicros;
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

/// Takes up parked orders, from where it left off.
#[derive(Debug, Default)]
pub(crate) struct Parked {
    search: ReleasableNames,
    parked_metrics: ParkedMetrics,
    /// Holds the locks on the messages handed out, so that no replica sends them too, until they are marked as sent.
    sending: Option<Sending>,
}

struct Sending {
    transaction: Transaction,
    orders: Vec<i64>,
}

impl std::fmt::Debug for Sending {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Sending").field("orders", &self.orders).finish_non_exhaustive()
    }
}

/// What bounds a round.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RoundLimits {
    /// How long an order waits for its dishes.
    pub(crate) max_age: Duration,
    /// Orders taken up, and messages handed out.
    pub(crate) orders: usize,
    /// Bytes of a message with its key.
    pub(crate) budget: usize,
}

/// Bytes of payloads taken up and of messages handed out in one round, give or take one of them. A pod has 128 MiB, and an
/// order may have one.
const BYTES_A_ROUND: i64 = 4 << 20;

impl Parked {
    /// One round: un-parks what can be, then hands out what is not known to be sent.
    pub(crate) async fn poll_outbox(
        &mut self,
        database: &Database,
        names: &ReferenceStore,
        now: UtcMicros,
        limits: RoundLimits,
    ) -> Result<OutboxBatch, Failure> {
        self.sending = None;
        let known = self.search.known(database, names).await?;
        let taken = retry::retry(database, names, known, now, limits).await?;
        self.search.learn(&taken);
        // Nobody waits for a number; if the warehouse is away, the next statement says so.
        if let Err(error) = self.parked_metrics.take(database).await {
            tracing::warn!(%error, "parked orders could not be counted");
        }
        let messages = self.next_batch(database, limits).await?;
        let more = taken.moved > 0 || !messages.is_empty();
        Ok(OutboxBatch { messages, more })
    }

    /// Marks as sent what the last round handed out.
    pub(crate) async fn mark_sent(&mut self) -> Result<(), Failure> {
        if let Some(Sending { transaction, orders }) = self.sending.take() {
            transaction.execute(&statement!("stg/orders/mark_sent"), [&orders]).await?;
            transaction.commit().await?;
        }
        Ok(())
    }

    /// Some of the messages that are not known to be sent.
    async fn next_batch(&mut self, database: &Database, limits: RoundLimits) -> Result<Vec<Message>, Failure> {
        let transaction = database.begin_batch().await?;
        let size = i64::try_from(limits.orders).unwrap_or(i64::MAX);
        let rows = transaction.query(&statement!("stg/orders/lock_unsent_orders"), [&size, &BYTES_A_ROUND]).await?;
        let orders = rows.iter().map(|row| get(row, 0)).collect::<Result<Vec<i64>, _>>()?;
        let messages = rows.iter().map(|row| Ok(publish::message(get(row, 1)?, get(row, 2)?)));
        let messages = messages.collect::<Result<Vec<Message>, Failure>>()?;
        if orders.is_empty() {
            transaction.commit().await?;
        } else {
            self.sending = Some(Sending { transaction, orders });
        }
        Ok(messages)
    }
}
