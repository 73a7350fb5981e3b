//! One transaction: lock what the batch builds on, work out the changes, write them, read what the counters are now.
//!
//! Locks are taken in one order by every replica: states of orders, hubs, links, names, counters, and within each by key.

use std::collections::{HashMap, HashSet};

use futures_util::try_join;
use orders::Enriched;
use pipeline::{Failure, Outcome};
use service::rebuild::{self, Phase};
use warehouse::Warehouse;

use crate::{
    publish::Reading,
    transform::{self, Changes},
};

mod column;
mod states;
mod vault;
mod names;
mod counters;

/// Stores a batch of orders: two flights of statements and a commit, however many orders there are. Returns what is to be
/// told of the counters; while a rebuild of `service` reads the topic again nothing is, for they are not complete.
///
/// The phase of the rebuild is asked for after the states are locked: whoever changes it locks their table against that.
/// A process that slept before its first statement sees it, too.
pub(crate) async fn store(
    warehouse: &Warehouse,
    service: &str,
    load_src: &str,
    orders: &[Enriched],
) -> Result<(Vec<Outcome>, Vec<Reading>), Failure> {
    if orders.is_empty() {
        return Ok(Default::default());
    }
    let transaction = warehouse.begin().await?;
    let (states, phase, latest) = try_join!(
        states::lock(&transaction, orders),
        rebuild::phase(&transaction, service),
        names::latest(&transaction, orders),
    )?;

    let Changes { outcomes, mut vault, new_states, changed_states, differences, mentioned } =
        transform::transform(states, orders);
    let news = names::news(std::mem::take(&mut vault.names), &latest);

    let ((), (), (), readings) = try_join!(
        states::write(&transaction, &new_states, &changed_states),
        vault::write(&transaction, load_src, &vault),
        names::write(&transaction, load_src, &news),
        counters::write(&transaction, &differences, &mentioned),
    )?;
    transaction.commit().await?;
    let told = if phase == Some(Phase::Replaying) { Vec::new() } else { readings };
    Ok((outcomes, told))
}

/// The distinct values of something over the batch.
fn distinct<T: std::hash::Hash + Eq>(values: impl Iterator<Item = T>) -> Vec<T> {
    values.collect::<HashSet<_>>().into_iter().collect()
}

/// Latest names by the key of their hub: when they were read, and their hashdiff.
type Latest = HashMap<uuid::Uuid, (orders::Moment, uuid::Uuid)>;
