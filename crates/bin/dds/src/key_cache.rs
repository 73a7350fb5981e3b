//! Keys of hubs and links that are committed, so that a batch need not send them again: the same users, dishes and
//! restaurants are in every batch, and nearly all of their rows are there.
//!
//! Rows can go: somebody empties a table, or restores a database of yesterday. So keys are known under an *edition* of the
//! vault, a text that changes when rows may have gone (`sql/dds/vault/select_edition.sql`, and the triggers of
//! `sql/migrations/V7__speed.sql`). A batch asks for it before it relies on anything, and again as its last statement:
//!
//! - What was known under another edition is forgotten. While the edition is the same, the rows are there, and a deletion
//!   that begins after the second answer counts as one that comes after the batch.
//! - If the second answer differs, a batch that left out keys is undone and repeated with all of them: those of rows that
//!   are just going make it wait until they have gone.
//! - A batch's own keys are learned when it is committed, and only if both answers were the same: DO NOTHING neither
//!   changes nor locks a row it finds, so one that was there for the insert may have been deleted before the end.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashSet},
};

use uuid::Uuid;

use crate::transform::Vault;

/// How many keys are remembered: the users, dishes and restaurants of some weeks, in about 7 MB. More takes the memory of
/// a pod; fewer, and keys are sent again that are there.
const CAPACITY: usize = 200_000;

/// Keys that are committed, as one process knows them. Two batches may be under way in one task: nothing is borrowed while
/// one of them waits.
#[derive(Debug)]
pub(crate) struct KeyCache {
    keys: RefCell<Keys>,
    capacity: usize,
}

#[derive(Debug, Default)]
struct Keys {
    generation: String,
    keys: HashSet<(Table, Uuid)>,
}

/// What a key belongs to: a user and a dish with one id have one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Table {
    User,
    Product,
    Category,
    Restaurant,
    ProductRestaurant,
    ProductCategory,
}

impl Default for KeyCache {
    fn default() -> Self {
        Self::new(CAPACITY)
    }
}

impl KeyCache {
    fn new(capacity: usize) -> Self {
        Self { keys: RefCell::default(), capacity }
    }

    /// Takes the rows out of `vault` that are there in this edition. Returns whether there was any such row.
    pub(crate) fn remove_cached(&self, generation: &str, vault: &mut Vault<'_>) -> bool {
        let known = self.keys.borrow();
        if known.generation != generation {
            return false;
        }
        let hubs = [
            take(&known.keys, Table::User, &mut vault.users),
            take(&known.keys, Table::Product, &mut vault.products),
            take(&known.keys, Table::Category, &mut vault.categories),
            take(&known.keys, Table::Restaurant, &mut vault.restaurants),
        ];
        let links = [
            take(&known.keys, Table::ProductRestaurant, &mut vault.product_restaurants),
            take(&known.keys, Table::ProductCategory, &mut vault.product_categories),
        ];
        hubs.into_iter().chain(links).any(|some| some)
    }

    /// Remembers the rows of `vault`, which are committed; the edition was this one before they were sent and after.
    ///
    /// A full memory starts again from nothing: what is in every batch comes back with the next one.
    pub(crate) fn insert(&self, generation: &str, vault: &Vault<'_>) {
        let mut known = self.keys.borrow_mut();
        if known.generation != generation {
            *known = Keys { generation: generation.to_owned(), keys: HashSet::new() };
        }
        let hubs = [
            (Table::User, &vault.users),
            (Table::Product, &vault.products),
            (Table::Category, &vault.categories),
            (Table::Restaurant, &vault.restaurants),
        ];
        let links = [
            (Table::ProductRestaurant, &vault.product_restaurants),
            (Table::ProductCategory, &vault.product_categories),
        ];
        let hubs = hubs.into_iter().flat_map(|(table, rows)| rows.keys().map(move |key| (table, *key)));
        let links = links.into_iter().flat_map(|(table, rows)| rows.keys().map(move |key| (table, *key)));
        for key in hubs.chain(links) {
            if known.keys.len() >= self.capacity {
                known.keys.clear();
            }
            known.keys.insert(key);
        }
    }
}

/// Takes the rows that are known out of `rows`; whether there was one.
fn take<R>(known: &HashSet<(Table, Uuid)>, table: Table, rows: &mut BTreeMap<Uuid, R>) -> bool {
    let all = rows.len();
    rows.retain(|key, _| !known.contains(&(table, *key)));
    rows.len() < all
}

#[cfg(test)]
mod tests {
    use orders::{UtcMicros, keys};

    use super::KeyCache;
    use crate::transform::{
        Vault,
        vault::{Hub, LinkRow, OrderRows},
    };

    /// Each id in all six tables.
    fn everywhere<'o>(ids: &[&'o str]) -> Vault<'o> {
        let mut vault = Vault::default();
        let load_dt = UtcMicros::read("2026-03-02 12:01:44").unwrap();
        for id in ids {
            let key = keys::hub(id);
            for hubs in [&mut vault.users, &mut vault.products, &mut vault.categories, &mut vault.restaurants] {
                hubs.insert(key, Hub { key: id, load_dt });
            }
            for links in [&mut vault.product_restaurants, &mut vault.product_categories] {
                links.insert(key, LinkRow { left: key, right: key, load_dt });
            }
        }
        vault
    }

    /// What of `ids` is still to be sent.
    fn left<'o>(known: &KeyCache, generation: &str, ids: &[&'o str]) -> Vault<'o> {
        let mut vault = everywhere(ids);
        let used_cache = known.remove_cached(generation, &mut vault);
        assert_eq!(used_cache, vault != everywhere(ids));
        vault
    }

    #[test]
    fn what_is_committed_is_left_out_in_its_own_edition() {
        let known = KeyCache::default();
        assert_eq!(left(&known, "", &["a"]), everywhere(&["a"]));
        known.insert("1", &everywhere(&["a", "b"]));
        known.insert("1", &everywhere(&["c"]));
        assert_eq!(left(&known, "1", &["a", "c", "d"]), everywhere(&["d"]));
        assert_eq!(left(&known, "2", &["a", "c", "d"]), everywhere(&["a", "c", "d"]));
    }

    #[test]
    fn another_edition_forgets_the_one_before() {
        let known = KeyCache::default();
        known.insert("1", &everywhere(&["a"]));
        known.insert("2", &everywhere(&["b"]));
        assert_eq!(left(&known, "2", &["a", "b"]), everywhere(&["a"]));
        assert_eq!(left(&known, "1", &["a", "b"]), everywhere(&["a", "b"]), "nor does it come back");
    }

    #[test]
    fn a_key_is_known_of_its_own_table_only() {
        let known = KeyCache::default();
        known.insert("1", &Vault { users: everywhere(&["a"]).users, ..Vault::default() });
        let mut expected = everywhere(&["a"]);
        expected.users.clear();
        assert_eq!(left(&known, "1", &["a"]), expected);
    }

    #[test]
    fn rows_of_an_order_are_sent_whatever_is_known() {
        let known = KeyCache::default();
        let links = everywhere(&["a"]).product_restaurants;
        let orders = || OrderRows { users: links.clone(), products: links.clone(), ..OrderRows::default() };
        let vault = || Vault { new_orders: orders(), known_orders: orders(), ..Vault::default() };
        known.insert("1", &vault());
        let mut again = vault();
        assert!(!known.remove_cached("1", &mut again));
        assert_eq!(again, vault());
    }

    #[test]
    fn it_does_not_grow_beyond_its_capacity() {
        let known = KeyCache::new(12);
        for number in 0..100 {
            known.insert("1", &everywhere(&[&number.to_string()]));
            assert!(known.keys.borrow().keys.len() <= 12);
            assert_eq!(left(&known, "1", &[&number.to_string()]), Vault::default());
        }
        assert_eq!(left(&known, "1", &["0"]), everywhere(&["0"]));
    }
}
