//! Cache of committed hub and link keys. The same users, products and restaurants occur in every batch, and a batch
//! need not insert rows that exist.
//!
//! Rows can disappear: an operator truncates a table or restores an old backup. Therefore cached keys belong to a
//! *generation* of the vault, a text that changes when rows may be gone (`sql/dds/vault/select_edition.sql`, and the
//! triggers of `sql/migrations/V7__speed.sql`). A batch reads the generation before it relies on the cache, and again
//! as its last statement:
//!
//! - Keys of another generation are dropped. As long as the generation is the same, the rows exist. A deletion that
//!   begins after the second read counts as one that follows the batch.
//! - If the second read differs, a batch that left out keys is rolled back and repeated with all keys. An insert that
//!   collides with a row being deleted blocks until the delete commits.
//! - The keys of a batch are cached after its commit, and only if both reads agree. ON CONFLICT DO NOTHING neither
//!   changes nor locks an existing row, so a row that existed at the insert may have been deleted before the commit.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashSet},
};

use uuid::Uuid;

use crate::transform::Vault;

/// Maximum number of cached keys: the users, products and restaurants of some weeks, in about 7 MB. A larger cache
/// takes too much of a pod's memory; with a smaller one, keys of existing rows are sent again.
const CAPACITY: usize = 200_000;

/// Committed keys, as known to one process. Two batches may be processed concurrently in one task, so nothing is
/// borrowed across an await.
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

/// The table of a key. A user and a product with the same id have the same key.
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

    /// Removes from `vault` the rows that exist in this generation. Returns whether there was any.
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

    /// Caches the keys of `vault`, whose rows are committed. The generation was the same before and after they were
    /// sent.
    ///
    /// A full cache is cleared. Frequent keys come back with the next batches.
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

/// Removes the cached rows from `rows`. Returns whether there was any.
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

    /// The rows of `ids` that are not cached.
    fn left<'o>(known: &KeyCache, generation: &str, ids: &[&'o str]) -> Vault<'o> {
        let mut vault = everywhere(ids);
        let used_cache = known.remove_cached(generation, &mut vault);
        assert_eq!(used_cache, vault != everywhere(ids));
        vault
    }

    #[test]
    fn committed_keys_are_not_sent_again_within_their_generation() {
        let known = KeyCache::default();
        assert_eq!(left(&known, "", &["a"]), everywhere(&["a"]));
        known.insert("1", &everywhere(&["a", "b"]));
        known.insert("1", &everywhere(&["c"]));
        assert_eq!(left(&known, "1", &["a", "c", "d"]), everywhere(&["d"]));
        assert_eq!(left(&known, "2", &["a", "c", "d"]), everywhere(&["a", "c", "d"]));
    }

    #[test]
    fn a_new_generation_drops_the_cached_keys() {
        let known = KeyCache::default();
        known.insert("1", &everywhere(&["a"]));
        known.insert("2", &everywhere(&["b"]));
        assert_eq!(left(&known, "2", &["a", "b"]), everywhere(&["a"]));
        assert_eq!(left(&known, "1", &["a", "b"]), everywhere(&["a", "b"]), "dropped keys do not come back");
    }

    #[test]
    fn a_key_is_cached_for_its_own_table_only() {
        let known = KeyCache::default();
        known.insert("1", &Vault { users: everywhere(&["a"]).users, ..Vault::default() });
        let mut expected = everywhere(&["a"]);
        expected.users.clear();
        assert_eq!(left(&known, "1", &["a"]), expected);
    }

    #[test]
    fn rows_of_an_order_are_always_sent() {
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
    fn the_cache_does_not_exceed_its_capacity() {
        let known = KeyCache::new(12);
        for number in 0..100 {
            known.insert("1", &everywhere(&[&number.to_string()]));
            assert!(known.keys.borrow().keys.len() <= 12);
            assert_eq!(left(&known, "1", &[&number.to_string()]), Vault::default());
        }
        assert_eq!(left(&known, "1", &["0"]), everywhere(&["0"]));
    }
}
