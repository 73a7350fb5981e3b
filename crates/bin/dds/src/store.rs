//! One transaction: lock what the batch builds on, work out the changes, write them, read what the counters are now.
//!
//! Locks are taken in one order by every replica: states of orders, their own rows, hubs, links, names, counters, and within
//! each by key.

use std::collections::{HashMap, HashSet};

use consumer::{Failure, Fault, Outcome};
use database::{Database, Transaction, get, statement};
use futures_util::try_join;
use orders::Enriched;
use stream::rebuild::{self, Phase};

use crate::{
    key_cache::KeyCache,
    publish::CounterSnapshot,
    transform::{self, Changes, HashedOrder},
};

mod column;
mod states;
mod vault;
mod names;
mod counters;

/// Stores a batch of orders: two flights of statements and a commit, however many orders there are. Returns what is to be
/// told of the counters; while a rebuild of `service` reads the topic again nothing is, for they are not complete.
///
/// Hubs and links that are `key_cache` to be there are not sent, and those of an order without a state are not looked
/// for. Should rows go or come while the batch is under way, it is undone and repeated at once, with all of them and
/// with care.
pub(crate) async fn store(
    database: &Database,
    key_cache: &KeyCache,
    service: &str,
    load_src: &str,
    orders: &[Enriched],
) -> Result<StoreOutput, Failure> {
    if orders.is_empty() {
        return Ok(Default::default());
    }
    let orders = HashedOrder::all(orders);
    let mut use_cache = true;
    loop {
        match Box::pin(attempt(database, key_cache, use_cache, service, load_src, &orders)).await {
            Ok(Some(written)) => return Ok(written),
            Ok(None) => {}
            Err(failure) if use_cache && is_unique_violation(&failure) => {
                tracing::debug!(%failure, "a row of a new order is there: the batch is repeated with care");
            }
            Err(failure) => return Err(failure),
        }
        use_cache = false;
    }
}

/// Whether a row was there that should not have been: another replica has met the order first, or states, satellites and
/// counters were taken away and hubs and links were not.
fn is_unique_violation(failure: &Failure) -> bool {
    matches!(failure, Failure::Dependency(error) if error.fault == Fault::Rejected("23505".to_owned()))
}

/// What became of each order, and what is to be told.
pub(crate) type StoreOutput = (Vec<Outcome>, Vec<CounterSnapshot>);

/// One transaction; `None`: it left out rows that may have gone, and was undone.
///
/// The phase of the rebuild is asked for after the states are locked: whoever changes it locks their table against that.
/// A process that slept before its first statement sees it, too. The edition comes after that lock as well, so that a
/// batch which has waited for somebody who empties the vault knows of it.
async fn attempt(
    database: &Database,
    key_cache: &KeyCache,
    use_cache: bool,
    service: &str,
    load_src: &str,
    orders: &[HashedOrder<'_>],
) -> Result<Option<StoreOutput>, Failure> {
    let transaction = database.begin_batch().await?;
    let (states, phase, generation, latest) = try_join!(
        states::lock(&transaction, orders),
        rebuild::phase(&transaction, service),
        generation(&transaction),
        names::latest(&transaction, orders),
    )?;

    let Changes { outcomes, mut vault, new_states, changed_states, stale_hours, deltas, touched } =
        transform::transform(states, orders);
    let changed = names::changed(std::mem::take(&mut vault.names), &latest);
    let used_cache = use_cache && key_cache.remove_cached(&generation, &mut vault);

    let ((), (), (), (), snapshots, generation_now) = try_join!(
        states::write(&transaction, &new_states, &changed_states),
        states::note_stale(&transaction, &stale_hours),
        vault::write(&transaction, load_src, &vault, use_cache),
        names::write(&transaction, load_src, &changed),
        counters::write(&transaction, &deltas, &touched),
        self::generation(&transaction),
    )?;
    if !use_cache {
        states::reconcile(&transaction, &new_states).await?;
    }
    if used_cache && generation_now != generation {
        transaction.rollback().await?;
        return Ok(None);
    }
    transaction.commit().await?;
    if generation_now == generation {
        key_cache.insert(&generation, &vault);
    }
    let told = if phase == Some(Phase::Replaying) { Vec::new() } else { snapshots };
    Ok(Some((outcomes, told)))
}

/// Which rows of the vault can be relied on, see [`KeyCache`].
async fn generation(transaction: &Transaction) -> Result<String, Failure> {
    let rows = transaction.query(&statement!("dds/vault/select_edition"), []).await?;
    let row = rows.first().ok_or_else(|| column::unreadable("there is no edition of the vault"))?;
    get(row, 0)
}

/// The distinct values of something over the batch.
fn distinct<T: std::hash::Hash + Eq>(values: impl Iterator<Item = T>) -> Vec<T> {
    values.collect::<HashSet<_>>().into_iter().collect()
}

/// Latest names by the key of their hub: when they were read, and their hashdiff.
type Latest = HashMap<uuid::Uuid, (orders::UtcMicros, uuid::Uuid)>;
