//! Storage of a batch in one transaction: lock the order states, compute the changes, write them, read the new
//! counters.
//!
//! Every replica takes locks in the same order: order states, rows of orders, hubs, links, names, counters, and within
//! each table by key.

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

/// Stores a batch of orders with two pipelined groups of statements and a commit, regardless of the size of the batch.
/// Returns the counters to publish; there are none while a rebuild of `service` is replaying the topic, because they
/// are incomplete.
///
/// Rows whose keys are in `key_cache` are not sent. Rows of new orders are inserted without a conflict check. If a row
/// turns out to exist or to be missing, the transaction is rolled back and repeated at once with all rows and with
/// conflict checks.
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
                tracing::debug!(%failure, "a row of a new order exists; the batch is repeated with ON CONFLICT");
            }
            Err(failure) => return Err(failure),
        }
        use_cache = false;
    }
}

/// Whether a row existed unexpectedly: another replica stored the order first, or states, satellites and counters were
/// deleted and hubs and links were not.
fn is_unique_violation(failure: &Failure) -> bool {
    matches!(failure, Failure::Dependency(error) if error.fault == Fault::Rejected("23505".to_owned()))
}

/// The outcome of each order, and the counters to publish.
pub(crate) type StoreOutput = (Vec<Outcome>, Vec<CounterSnapshot>);

/// Runs one transaction. Returns `None` if it was rolled back because rows it left out may be gone.
///
/// The phase of the rebuild is read after the states are locked, because a change of the phase locks their table first.
/// A process that was suspended before its first statement sees the change, too. The generation is read after that lock
/// as well, so that a batch that has waited for a truncation of the vault notices it.
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
    let to_publish = if phase == Some(Phase::Replaying) { Vec::new() } else { snapshots };
    Ok(Some((outcomes, to_publish)))
}

/// Reads the generation of the vault, see [`KeyCache`].
async fn generation(transaction: &Transaction) -> Result<String, Failure> {
    let rows = transaction.query(&statement!("dds/vault/select_edition"), []).await?;
    let row = rows.first().ok_or_else(|| column::unreadable("public.tagmill_vault_edition is empty"))?;
    get(row, 0)
}

/// The distinct values of an iterator.
fn distinct<T: std::hash::Hash + Eq>(values: impl Iterator<Item = T>) -> Vec<T> {
    values.collect::<HashSet<_>>().into_iter().collect()
}

/// Latest names by hub key: the time they were read, and their hashdiff.
type Latest = HashMap<uuid::Uuid, (orders::UtcMicros, uuid::Uuid)>;
