//! One transaction: lock what the batch builds on, work out the changes, write them, read what the counters are now.
//!
//! Locks are taken in one order by every replica: states of orders, their own rows, hubs, links, names, counters, and within
//! each by key.

use std::collections::{HashMap, HashSet};

use consumer::{Failure, Fault, Outcome};
use database::{Database, Transaction, get, statement};
use futures_util::try_join;
use orders::Enriched;
use service::rebuild::{self, Phase};

use crate::{
    known::Known,
    publish::Reading,
    transform::{self, Changes, Keyed},
};

mod column;
mod states;
mod vault;
mod names;
mod counters;

/// Stores a batch of orders: two flights of statements and a commit, however many orders there are. Returns what is to be
/// told of the counters; while a rebuild of `service` reads the topic again nothing is, for they are not complete.
///
/// Hubs and links that are `known` to be there are not sent, and those of an order without a state are not looked for.
/// Should rows go or come while the batch is under way, it is undone and repeated at once, with all of them and with care.
pub(crate) async fn store(
    database: &Database,
    known: &Known,
    service: &str,
    load_src: &str,
    orders: &[Enriched],
) -> Result<Written, Failure> {
    if orders.is_empty() {
        return Ok(Default::default());
    }
    let orders = Keyed::all(orders);
    let mut trusts = true;
    loop {
        match attempt(database, known, trusts, service, load_src, &orders).await {
            Ok(Some(written)) => return Ok(written),
            Ok(None) => {}
            Err(failure) if trusts && has_met_a_row(&failure) => {
                tracing::debug!(%failure, "a row of a new order is there: the batch is repeated with care");
            }
            Err(failure) => return Err(failure),
        }
        trusts = false;
    }
}

/// Whether a row was there that should not have been: another replica has met the order first, or states, satellites and
/// counters were taken away and hubs and links were not.
fn has_met_a_row(failure: &Failure) -> bool {
    matches!(failure, Failure::Dependency(error) if error.fault == Fault::Rejected("23505".to_owned()))
}

/// What became of each order, and what is to be told.
pub(crate) type Written = (Vec<Outcome>, Vec<Reading>);

/// One transaction; `None`: it left out rows that may have gone, and was undone.
///
/// The phase of the rebuild is asked for after the states are locked: whoever changes it locks their table against that.
/// A process that slept before its first statement sees it, too. The edition comes after that lock as well, so that a
/// batch which has waited for somebody who empties the vault knows of it.
async fn attempt(
    database: &Database,
    known: &Known,
    trusts: bool,
    service: &str,
    load_src: &str,
    orders: &[Keyed<'_>],
) -> Result<Option<Written>, Failure> {
    let transaction = database.begin().await?;
    let (states, phase, edition, latest) = try_join!(
        states::lock(&transaction, orders),
        rebuild::phase(&transaction, service),
        edition(&transaction),
        names::latest(&transaction, orders),
    )?;

    let Changes { outcomes, mut vault, new_states, changed_states, stale_hours, differences, mentioned } =
        transform::transform(states, orders);
    let news = names::news(std::mem::take(&mut vault.names), &latest);
    let relies = trusts && known.leave_out(&edition, &mut vault);

    let ((), (), (), (), readings, edition_now) = try_join!(
        states::write(&transaction, &new_states, &changed_states),
        states::note_stale(&transaction, &stale_hours),
        vault::write(&transaction, load_src, &vault, trusts),
        names::write(&transaction, load_src, &news),
        counters::write(&transaction, &differences, &mentioned),
        self::edition(&transaction),
    )?;
    if !trusts {
        states::agree(&transaction, &new_states).await?;
    }
    if relies && edition_now != edition {
        transaction.rollback().await?;
        return Ok(None);
    }
    transaction.commit().await?;
    if edition_now == edition {
        known.learn(&edition, &vault);
    }
    let told = if phase == Some(Phase::Replaying) { Vec::new() } else { readings };
    Ok(Some((outcomes, told)))
}

/// Which rows of the vault can be relied on, see [`Known`].
async fn edition(transaction: &Transaction) -> Result<String, Failure> {
    let rows = transaction.query(&statement!("dds/select_edition"), []).await?;
    let row = rows.first().ok_or_else(|| column::unreadable("there is no edition of the vault"))?;
    get(row, 0)
}

/// The distinct values of something over the batch.
fn distinct<T: std::hash::Hash + Eq>(values: impl Iterator<Item = T>) -> Vec<T> {
    values.collect::<HashSet<_>>().into_iter().collect()
}

/// Latest names by the key of their hub: when they were read, and their hashdiff.
type Latest = HashMap<uuid::Uuid, (orders::UtcMicros, uuid::Uuid)>;
