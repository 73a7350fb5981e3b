//! Transformation of enriched orders into vault rows, order states and counter changes. Pure: the stored states are an
//! argument, the new rows are the result.

use std::collections::{BTreeMap, BTreeSet, HashMap, hash_map::Entry};

use consumer::{Outcome, Rejection};
use orders::UtcMicros;
use uuid::Uuid;

pub use self::{
    counters::{CounterDeltas, TouchedCounters},
    hashed_order::{HashedOrder, HashedProduct},
    lines::Line,
    state::State,
    vault::{Hub, LinkRow, Name, OrderHub, OrderRows, Vault},
};

mod hashed_order;
pub mod lines;
mod state;
pub mod vault;
pub mod counters;

/// All changes that follow from a batch.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Changes<'o> {
    /// Outcome of each order, in the order of the batch.
    pub outcomes: Vec<Outcome>,
    /// New rows of hubs, links and satellites.
    pub vault: Vault<'o>,
    /// States of new orders.
    pub new_states: BTreeMap<Uuid, State>,
    /// Changed states of known orders.
    pub changed_states: BTreeMap<Uuid, State>,
    /// The hours in which these orders were placed. Summaries that contain these hours are stale.
    pub stale_hours: BTreeSet<UtcMicros>,
    /// Changes of counters.
    pub deltas: CounterDeltas<'o>,
    /// Every counter that an order of the batch mentions or ever held. It is published regardless of the outcome of the
    /// order, because a crash may have prevented an earlier publication.
    pub touched: TouchedCounters<'o>,
}

/// Computes the changes of `orders`, applied in sequence to `states`.
#[must_use]
pub fn transform<'o>(mut states: HashMap<Uuid, State>, orders: &[HashedOrder<'o>]) -> Changes<'o> {
    let known: BTreeSet<Uuid> = states.keys().copied().collect();
    let mut changes = Changes::default();
    let mut changed_orders = BTreeSet::new();
    for order in orders {
        let order_pk = order.order_pk;
        let outcome = match apply(order, states.entry(order_pk), &mut changes) {
            Ok(outcome) => outcome,
            Err(rejection) => Outcome::DeadLetter(rejection),
        };
        if outcome == Outcome::Stored {
            changed_orders.insert(order_pk);
        }
        changes.outcomes.push(outcome);
    }
    for order_pk in changed_orders {
        let Some(state) = states.remove(&order_pk) else { continue };
        changes.stale_hours.insert(state.order_dt.hour());
        if known.contains(&order_pk) {
            changes.changed_states.insert(order_pk, state);
        } else {
            changes.new_states.insert(order_pk, state);
        }
    }
    changes.vault.names.dedup();
    changes
}

fn apply<'o>(
    hashed: &HashedOrder<'o>,
    entry: Entry<'_, Uuid, State>,
    changes: &mut Changes<'o>,
) -> Result<Outcome, Rejection> {
    let HashedOrder { order, user_pk, .. } = *hashed;
    let before = match &entry {
        Entry::Occupied(state) => Some(state.get()),
        Entry::Vacant(_) => None,
    };
    if before.is_some_and(|state| state.user_pk != user_pk) {
        return Err(Rejection::new("user-changed", format!("order {} belongs to another user", order.object_id)));
    }
    let lines = lines::merge(hashed)?;
    changes.touched.order(hashed, &lines);
    if let Some(state) = before {
        changes.touched.add_ever_held(user_pk, &state.lines);
        if order.version <= state.version {
            let equal = order.version == state.version;
            return Ok(if equal { Outcome::Unchanged } else { Outcome::Stale });
        }
    }
    let after = State::after(before, hashed, &lines);
    lines::check_number(after.lines.len())?;
    changes.vault.add(hashed, before, &after);
    changes.deltas.add(hashed, before, &after);
    entry.insert_entry(after);
    Ok(Outcome::Stored)
}
