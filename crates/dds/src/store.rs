//! One transaction: lock what the batch builds on, work out the changes, write them, read what the counters are now.
//!
//! Locks are taken in one order by every replica: states of orders, hubs, links, names, counters, and within each by key.

use std::collections::{HashMap, HashSet};

use futures_util::try_join;
use orders::Enriched;
use pipeline::{Failure, Outcome};
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

/// Stores a batch of orders: two flights of statements and a commit, however many orders there are.
pub(crate) async fn store(
    warehouse: &Warehouse,
    load_src: &str,
    orders: &[Enriched],
) -> Result<(Vec<Outcome>, Vec<Reading>), Failure> {
    if orders.is_empty() {
        return Ok(Default::default());
    }
    let transaction = warehouse.begin().await?;
    let (states, latest) = try_join!(states::lock(&transaction, orders), names::latest(&transaction, orders))?;

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
    Ok((outcomes, readings))
}

/// The distinct values of something over the batch.
fn distinct<T: std::hash::Hash + Eq>(values: impl Iterator<Item = T>) -> Vec<T> {
    values.collect::<HashSet<_>>().into_iter().collect()
}

/// Latest names by the key of their hub: when they were read, and their hashdiff.
type Latest = HashMap<uuid::Uuid, (orders::Moment, uuid::Uuid)>;
