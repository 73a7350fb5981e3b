//! Transformation of counter messages into rows of the marts, one per counter. Pure.

use std::collections::BTreeMap;

use orders::{Counter, Counters, keys};
use uuid::Uuid;

pub mod tags;

/// Key of a counter: the hub keys of the user and of the product or category.
pub type Key = (Uuid, Uuid);

/// The rows of a batch, sorted by key: a statement may touch a row only once, and replicas must lock rows in the same
/// order.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Marts<'a> {
    /// Source ids by hub key.
    pub users: BTreeMap<Uuid, &'a str>,
    /// The newest of each product counter.
    pub products: BTreeMap<Key, &'a Counter>,
    /// The newest of each category counter.
    pub categories: BTreeMap<Key, &'a Counter>,
}

/// Keeps the value with the largest version of each counter.
#[must_use]
pub fn transform(events: &[Counters]) -> Marts<'_> {
    let mut marts = Marts::default();
    for event in events {
        let user_pk = keys::user(&event.user_id);
        marts.users.insert(user_pk, &event.user_id);
        for (product_id, counter) in &event.products {
            keep_newest(&mut marts.products, (user_pk, keys::product(product_id)), counter);
        }
        for (name, counter) in &event.categories {
            keep_newest(&mut marts.categories, (user_pk, keys::category(name)), counter);
        }
    }
    marts
}

fn keep_newest<'a>(rows: &mut BTreeMap<Key, &'a Counter>, key: Key, counter: &'a Counter) {
    let newest = rows.entry(key).or_insert(counter);
    // If two values have no version and were written in the same millisecond, the later record wins.
    if newest.version <= counter.version {
        *newest = counter;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counters(version: i64, order_cnt: i32) -> Counters {
        let counter = Counter { name: "Выпечка".to_owned(), order_cnt, version };
        Counters {
            user_id: "u".to_owned(),
            categories: BTreeMap::from([("Выпечка".to_owned(), counter.clone())]),
            products: BTreeMap::from([("p".to_owned(), counter)]),
        }
    }

    #[test]
    fn the_largest_version_of_a_counter_is_kept() {
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
            let all = [counters(10, 1), counters(11, 2), counters(12, 0)];
            let events: Vec<_> = order.iter().map(|at| all[*at].clone()).collect();
            let marts = transform(&events);
            let versions = |rows: &BTreeMap<Key, &Counter>| rows.values().map(|row| row.version).collect::<Vec<_>>();
            assert_eq!((versions(&marts.products), versions(&marts.categories)), (vec![12], vec![12]));
        }
    }
}
