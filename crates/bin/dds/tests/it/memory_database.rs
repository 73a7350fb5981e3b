//! An in-memory model of the vault and of the SQL that writes it.

use std::collections::{BTreeMap, HashMap};

use dds::transform::{
    Changes, HashedOrder, State,
    counters::Pair,
    transform,
    vault::{Cost, OrderLine, Status},
};
use orders::{Enriched, keys};
use uuid::Uuid;

/// The tables used by the tests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct MemoryDatabase {
    pub(crate) states: BTreeMap<Uuid, State>,
    pub(crate) products: BTreeMap<Pair, i32>,
    pub(crate) categories: BTreeMap<Pair, i32>,
    pub(crate) costs: BTreeMap<Uuid, Vec<Cost>>,
    pub(crate) statuses: BTreeMap<Uuid, Vec<Status>>,
    pub(crate) lines: BTreeMap<Uuid, Vec<OrderLine>>,
    /// Order and product of every row of `l_order_product`.
    pub(crate) order_products: BTreeMap<Uuid, (Uuid, Uuid)>,
    /// Order and user of every row of `l_order_user`.
    pub(crate) order_users: BTreeMap<Uuid, (Uuid, Uuid)>,
}

impl MemoryDatabase {
    /// Applies batches in sequence to an empty database.
    pub(crate) fn loaded(batches: &[Vec<Enriched>]) -> Self {
        let mut database = Self::default();
        for batch in batches {
            let changes = database.transform(batch);
            database.apply(changes);
        }
        database
    }

    /// Computes the changes of a batch from the states that the service would lock.
    pub(crate) fn transform<'o>(&self, batch: &'o [Enriched]) -> Changes<'o> {
        let locked = batch.iter().filter_map(|order| self.states.get_key_value(&keys::order(order.object_id)));
        transform(locked.map(|(key, state)| (*key, state.clone())).collect::<HashMap<_, _>>(), &HashedOrder::all(batch))
    }

    /// Writes the changes.
    pub(crate) fn apply(&mut self, changes: Changes<'_>) {
        let Changes { vault, new_states, changed_states, deltas, .. } = changes;
        for (order_pk, state) in new_states {
            assert_eq!(self.states.insert(order_pk, state), None, "a new state was there");
        }
        for (order_pk, state) in changed_states {
            assert!(self.states.insert(order_pk, state).is_some(), "a changed state was not there");
        }
        for (pair, delta) in deltas.products {
            add(self.products.entry(pair).or_default(), delta.count);
        }
        for (pair, count) in deltas.categories {
            add(self.categories.entry(pair).or_default(), count);
        }
        vault.costs.into_iter().for_each(|row| self.costs.entry(row.order_pk).or_default().push(row));
        vault.statuses.into_iter().for_each(|row| self.statuses.entry(row.order_pk).or_default().push(row));
        vault.lines.into_iter().for_each(|row| self.lines.entry(row.link_pk).or_default().push(row));
        for (rows, is_new) in [(vault.new_orders, true), (vault.known_orders, false)] {
            for (links, all) in [(rows.products, &mut self.order_products), (rows.users, &mut self.order_users)] {
                for (key, link) in links {
                    let before = all.insert(key, (link.left, link.right));
                    assert!(!is_new || before.is_none(), "a link of a new order was there");
                }
            }
        }
    }
}

/// A counter must never be negative: readers see it between any two batches.
fn add(counter: &mut i32, delta: i32) {
    *counter += delta;
    assert!(*counter >= 0, "a counter fell below zero");
}
