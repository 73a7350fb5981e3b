//! Recount of counters in three independent ways: from the newest messages, from the states, from the vault.

use std::collections::{BTreeMap, BTreeSet};

use dds::transform::counters::Pair;
use orders::{Enriched, keys, status};
use uuid::Uuid;

use crate::memory_database::MemoryDatabase;

/// Counters above zero, by user and product, and by user and category.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Count {
    products: BTreeMap<Pair, i32>,
    categories: BTreeMap<Pair, i32>,
}

impl Count {
    /// One closed order: each product once, each category once.
    fn add(&mut self, user_pk: Uuid, lines: &BTreeMap<Uuid, Uuid>) {
        for product_pk in lines.keys() {
            *self.products.entry((user_pk, *product_pk)).or_default() += 1;
        }
        for category_pk in lines.values().collect::<BTreeSet<_>>() {
            *self.categories.entry((user_pk, *category_pk)).or_default() += 1;
        }
    }
}

/// The stored counters.
pub(crate) fn counters(database: &MemoryDatabase) -> Count {
    let above_zero = |counters: &BTreeMap<Pair, i32>| {
        counters.iter().filter(|(_, count)| **count > 0).map(|(pair, count)| (*pair, *count)).collect()
    };
    Count { products: above_zero(&database.products), categories: above_zero(&database.categories) }
}

/// Counters computed from the newest version of every order.
pub(crate) fn messages<'a>(newest: impl Iterator<Item = &'a Enriched>) -> Count {
    let mut count = Count::default();
    for order in newest.filter(|order| order.status == status::CLOSED) {
        let mut lines = BTreeMap::new();
        for product in &order.products {
            // If two lines have the same product, the first determines its category.
            lines.entry(keys::product(&product.id)).or_insert_with(|| keys::category(&product.category));
        }
        count.add(keys::user(&order.user.id), &lines);
    }
    count
}

/// Counters computed from the states.
pub(crate) fn states(database: &MemoryDatabase) -> Count {
    let mut count = Count::default();
    for state in database.states.values().filter(|state| state.status == status::CLOSED) {
        let held = state.lines.iter().filter(|line| line.quantity > 0);
        count.add(state.user_pk, &held.map(|line| (line.product_pk, line.category_pk)).collect());
    }
    count
}

/// Counters computed from the latest satellite rows.
pub(crate) fn vault(database: &MemoryDatabase) -> Count {
    let mut count = Count::default();
    for (order_pk, user_pk) in database.order_users.values() {
        let last = database.statuses[order_pk].iter().max_by_key(|row| row.load_dt);
        if last.is_none_or(|row| row.status != status::CLOSED) {
            continue;
        }
        let links = database.order_products.iter().filter(|(_, (order, _))| order == order_pk);
        let lines = links.filter_map(|(link_pk, (_, product_pk))| {
            let last = database.lines.get(link_pk)?.iter().max_by_key(|row| row.load_dt)?;
            (last.line.quantity > 0).then_some((*product_pk, last.line.category_pk))
        });
        count.add(*user_pk, &lines.collect());
    }
    count
}
