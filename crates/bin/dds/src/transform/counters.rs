//! Changes of counters by an order, and the counters it touches.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use orders::UtcMicros;
use uuid::Uuid;

use super::{HashedOrder, HashedProduct, Line, State};

/// Key of a counter: the hub keys of the user and of the product or category.
pub type Pair = (Uuid, Uuid);

/// Changes of counters, sorted so that replicas lock rows in the same order.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct CounterDeltas<'o> {
    /// By user and product. An entry of 0 creates the row or renews its name.
    pub products: BTreeMap<Pair, ProductDelta<'o>>,
    /// By user and category. An entry of 0 creates the row.
    pub categories: BTreeMap<Pair, i32>,
}

/// Change of a user's counter of a product.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ProductDelta<'o> {
    /// Number of orders gained or lost.
    pub count: i32,
    /// The product's name and the time it was read; `None` if the order only lost the product.
    pub name: Option<(UtcMicros, &'o str)>,
}

impl<'o> CounterDeltas<'o> {
    /// Adds the changes of `order`, which turned `before` into `after`.
    pub(super) fn add(&mut self, order: &HashedOrder<'o>, before: Option<&State>, after: &State) {
        let user_pk = after.user_pk;
        let counted = |state: &State, of: fn(&Line) -> Uuid| state.counted_lines().map(of).collect::<BTreeSet<_>>();
        let delta = |of: fn(&Line) -> Uuid| {
            let was = before.map(|state| counted(state, of)).unwrap_or_default();
            let is = counted(after, of);
            let gained = is.difference(&was).map(|pk| (*pk, 1)).collect::<Vec<_>>();
            gained.into_iter().chain(was.difference(&is).map(|pk| (*pk, -1))).collect::<Vec<_>>()
        };

        let enriched_at = order.order.enriched_at;
        for &HashedProduct { product, product_pk, .. } in &order.products {
            let entry = self.products.entry((user_pk, product_pk)).or_default();
            if entry.name.is_none_or(|(read_at, _)| read_at < enriched_at) {
                entry.name = Some((enriched_at, &product.name));
            }
        }
        for (product_pk, count) in delta(|line| line.product_pk) {
            self.products.entry((user_pk, product_pk)).or_default().count += count;
        }

        // The rows of categories that the order held earlier exist.
        let new = after.held_lines().filter(|line| {
            before.is_none_or(|state| state.lines.iter().all(|old| old.category_pk != line.category_pk))
        });
        for line in new {
            self.categories.entry((user_pk, line.category_pk)).or_default();
        }
        for (category_pk, count) in delta(|line| line.category_pk) {
            *self.categories.entry((user_pk, category_pk)).or_default() += count;
        }
    }
}

/// Touched counters, and the business keys that the batch itself contains.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct TouchedCounters<'o> {
    /// By user and product.
    pub products: BTreeSet<Pair>,
    /// By user and category.
    pub categories: BTreeSet<Pair>,
    /// Source ids of users, by hub key.
    pub user_ids: HashMap<Uuid, &'o str>,
    /// Source ids of products, by hub key.
    pub product_ids: HashMap<Uuid, &'o str>,
    /// Names of categories, by hub key.
    pub category_names: HashMap<Uuid, &'o str>,
}

impl<'o> TouchedCounters<'o> {
    /// Adds the counters that the order mentions. `lines` are its merged lines.
    pub(super) fn order(&mut self, hashed: &HashedOrder<'o>, lines: &[Line]) {
        let HashedOrder { order, user_pk, .. } = *hashed;
        self.user_ids.insert(user_pk, &order.user.id);
        for &HashedProduct { product, product_pk, category_pk } in &hashed.products {
            self.product_ids.insert(product_pk, &product.id);
            self.category_names.insert(category_pk, &product.category);
        }
        self.add_ever_held(user_pk, lines);
    }

    /// Adds the counters that an order ever held.
    pub(super) fn add_ever_held(&mut self, user_pk: Uuid, lines: &[Line]) {
        self.products.extend(lines.iter().map(|line| (user_pk, line.product_pk)));
        self.categories.extend(lines.iter().map(|line| (user_pk, line.category_pk)));
    }
}
