//! Republishing after a rebuild: every counter of every user is published again, a limited number of users per round.
//!
//! CDM holds counters of the vault before the rebuild. Batches publish only the counters that they touch, so a counter
//! that is not ordered any more would keep its old value there.

use std::mem;

use consumer::{Failure, OutboxBatch};
use database::{Database, get, statement};
use futures_util::try_join;
use orders::Counter;
use stream::rebuild::{Rebuild, State, Step};
use uuid::Uuid;

use crate::publish::{self, CounterSnapshot, Subject};

/// Maximum number of users in a round. Their counters are held in memory and published as one batch.
const USERS: usize = 100;

/// State of the republishing in one replica. Replicas may publish the same users at the same time, which is harmless.
/// The first one to record its progress continues; the others pause until the next regular round.
pub(crate) struct Republisher {
    rebuild: Rebuild,
    /// The output of the last round: the state of the rebuild, and the last user.
    publishing: Option<(State, Uuid)>,
    /// Whether another replica has made progress first.
    yields: bool,
}

impl Republisher {
    pub(crate) const fn new(rebuild: Rebuild) -> Self {
        Self { rebuild, publishing: None, yields: false }
    }

    /// The name under which the rebuild is recorded.
    pub(crate) fn service(&self) -> &str {
        self.rebuild.service()
    }

    /// Runs one round: one step of the rebuild, if a rebuild is running.
    pub(crate) async fn poll_outbox(
        &mut self,
        database: &Database,
        limit: usize,
        max_message_bytes: usize,
    ) -> Result<OutboxBatch, Failure> {
        if mem::take(&mut self.yields) {
            return Ok(OutboxBatch::default());
        }
        let mut messages = Vec::new();
        match self.rebuild.look().await? {
            Step::None => return Ok(OutboxBatch::default()),
            Step::CaughtUp(state) => self.rebuild.publish(&state, &statement!("dds/vault/lock_vault")).await?,
            Step::Publish(state) => {
                let (last, snapshots) = read(database, state.published_to, limit.min(USERS)).await?;
                match last {
                    None => self.rebuild.complete(&state).await?,
                    Some(last) => self.publishing = Some((state, last)),
                }
                messages = publish::messages(snapshots, max_message_bytes);
                if messages.is_empty() {
                    self.mark_sent().await?; // users without a counter: there is no message to acknowledge
                }
            }
        }
        Ok(OutboxBatch { messages, more: true })
    }

    /// Records that the messages of the last round are acknowledged.
    pub(crate) async fn mark_sent(&mut self) -> Result<(), Failure> {
        if let Some((state, last)) = self.publishing.take() {
            self.yields = !self.rebuild.advance(&state, last).await?;
        }
        Ok(())
    }
}

/// Reads all counters of the next users after `after`, and the last of these users; `None` after the last user.
async fn read(database: &Database, after: Uuid, users: usize) -> Result<(Option<Uuid>, Vec<CounterSnapshot>), Failure> {
    let limit = i64::try_from(users).unwrap_or(i64::MAX);
    let transaction = database.begin_batch().await?;
    let rows = transaction.query(&statement!("dds/counters/select_next_users"), [&after, &limit]).await?;
    let users = rows.iter().map(|row| get(row, 0)).collect::<Result<Vec<Uuid>, _>>()?;
    let (of_products, of_categories) = (
        statement!("dds/counters/select_product_counters_of_users"),
        statement!("dds/counters/select_category_counters_of_users"),
    );
    let (products, categories) =
        try_join!(transaction.query(&of_products, [&users]), transaction.query(&of_categories, [&users]))?;
    transaction.commit().await?;

    let products = products.iter().map(|row| {
        let counter = Counter { name: get(row, 2)?, order_cnt: get(row, 3)?, version: get(row, 4)? };
        Ok(CounterSnapshot { user_id: get(row, 0)?, subject: Subject::Product(get(row, 1)?), counter })
    });
    let categories = categories.iter().map(|row| {
        let counter = Counter { name: get(row, 1)?, order_cnt: get(row, 2)?, version: get(row, 3)? };
        Ok(CounterSnapshot { user_id: get(row, 0)?, subject: Subject::Category, counter })
    });
    Ok((users.last().copied(), products.chain(categories).collect::<Result<_, Failure>>()?))
}
