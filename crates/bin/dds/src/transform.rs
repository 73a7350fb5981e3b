//! Enriched orders become rows of the vault, new states and differences of counters. Pure: what the warehouse holds comes
//! in as an argument, what it should hold goes out as a value.

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
mod lines;
mod state;
pub mod vault;
pub mod counters;

/// Everything a batch leads to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Changes<'o> {
    /// What became of each order of the batch, in its order.
    pub outcomes: Vec<Outcome>,
    /// New rows of hubs, links and satellites.
    pub vault: Vault<'o>,
    /// States of orders that had none.
    pub new_states: BTreeMap<Uuid, State>,
    /// States of orders that had one.
    pub changed_states: BTreeMap<Uuid, State>,
    /// The hours in which these orders were placed: what was added up of them no longer holds.
    pub stale_hours: BTreeSet<UtcMicros>,
    /// What is added to counters.
    pub deltas: CounterDeltas<'o>,
    /// Every counter that any order of the batch mentions, or that its orders ever held: published whatever became of the
    /// order, because a crash may have swallowed what was to be said about it.
    pub touched: TouchedCounters<'o>,
}

/// Works out what `orders`, applied one after the other on `states`, lead to.
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
    changes.vault.add(hashed, before, &after);
    changes.deltas.add(hashed, before, &after);
    entry.insert_entry(after);
    Ok(Outcome::Stored)
}
