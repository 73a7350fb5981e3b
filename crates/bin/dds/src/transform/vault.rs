//! Rows of hubs, links and satellites that a batch adds.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use orders::{
    Amount, UtcMicros,
    keys::{self, Link},
};
use uuid::Uuid;

use super::{HashedOrder, HashedProduct, Line, State};

/// New rows, sorted by key, so that all replicas insert in the same order and cannot deadlock.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Vault<'o> {
    /// `h_user`
    pub users: BTreeMap<Uuid, Hub<'o>>,
    /// `h_product`
    pub products: BTreeMap<Uuid, Hub<'o>>,
    /// `h_category`
    pub categories: BTreeMap<Uuid, Hub<'o>>,
    /// `h_restaurant`
    pub restaurants: BTreeMap<Uuid, Hub<'o>>,
    /// Rows of new orders, which do not exist.
    pub new_orders: OrderRows,
    /// Rows of known orders, most of which exist.
    pub known_orders: OrderRows,
    /// `l_product_restaurant`
    pub product_restaurants: BTreeMap<Uuid, LinkRow>,
    /// `l_product_category`
    pub product_categories: BTreeMap<Uuid, LinkRow>,
    /// `s_order_cost`
    pub costs: Vec<Cost>,
    /// `s_order_status`
    pub statuses: Vec<Status>,
    /// `s_order_product`
    pub lines: Vec<OrderLine>,
    /// Candidates for `s_user_names`, `s_product_names`, `s_restaurant_names`; the stored rows decide.
    pub names: Names<'o>,
}

/// Hubs and links of orders.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct OrderRows {
    /// `h_order`
    pub orders: BTreeMap<Uuid, OrderHub>,
    /// `l_order_user`
    pub users: BTreeMap<Uuid, LinkRow>,
    /// `l_order_restaurant`
    pub restaurants: BTreeMap<Uuid, LinkRow>,
    /// `l_order_product`
    pub products: BTreeMap<Uuid, LinkRow>,
}

/// A hub row: the business key, and the applied date of the first message that contains it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hub<'o> {
    /// The business key.
    pub key: &'o str,
    /// The applied date.
    pub load_dt: UtcMicros,
}

/// A row of `h_order`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderHub {
    /// The business key.
    pub order_id: i64,
    /// The time of the order.
    pub order_dt: UtcMicros,
    /// The applied date.
    pub load_dt: UtcMicros,
}

/// A link row: two hub keys, in the order of the table's columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkRow {
    /// The first hub's key.
    pub left: Uuid,
    /// The second hub's key.
    pub right: Uuid,
    /// The applied date.
    pub load_dt: UtcMicros,
}

/// A row of `s_order_cost`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cost {
    /// The order.
    pub order_pk: Uuid,
    /// Price of the order.
    pub cost: Amount,
    /// Payment of the order.
    pub payment: Amount,
    /// The applied date.
    pub load_dt: UtcMicros,
    /// Hash of key and attributes.
    pub hashdiff: Uuid,
}

/// A row of `s_order_status`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The order.
    pub order_pk: Uuid,
    /// Status of the order.
    pub status: String,
    /// The applied date.
    pub load_dt: UtcMicros,
    /// Hash of key and attributes.
    pub hashdiff: Uuid,
}

/// A row of `s_order_product`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderLine {
    /// The link it belongs to.
    pub link_pk: Uuid,
    /// The line.
    pub line: Line,
    /// The applied date.
    pub load_dt: UtcMicros,
    /// Hash of key and attributes.
    pub hashdiff: Uuid,
}

/// Candidates for the name satellites.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Names<'o> {
    /// Name and login.
    pub users: Vec<Name<'o, 2>>,
    /// Name.
    pub products: Vec<Name<'o, 1>>,
    /// Name.
    pub restaurants: Vec<Name<'o, 1>>,
}

/// Names of one user, product or restaurant, and the time they were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name<'o, const N: usize> {
    /// The hub row they belong to.
    pub parent: Uuid,
    /// The names.
    pub names: [&'o str; N],
    /// The time they were read: the applied date.
    pub load_dt: UtcMicros,
    /// Hash of key and names.
    pub hashdiff: Uuid,
}

impl<'o> Vault<'o> {
    /// Adds the rows of `order`, which turned `before` into `after`.
    pub(super) fn add(&mut self, hashed: &HashedOrder<'o>, before: Option<&State>, after: &State) {
        self.add_business_keys(hashed, before.is_none());
        self.add_names(hashed);
        let HashedOrder { order, order_pk, .. } = *hashed;
        let load_dt = after.load_dt;
        if before.is_none_or(|state| (state.cost, state.payment) != (after.cost, after.payment)) {
            let (cost, payment) = (after.cost, after.payment);
            let hashdiff = keys::hashdiff(order_pk, &[Some(&cost.to_string()), Some(&payment.to_string())]);
            self.costs.push(Cost { order_pk, cost, payment, load_dt, hashdiff });
        }
        if before.is_none_or(|state| state.status != after.status) {
            let hashdiff = keys::hashdiff(order_pk, &[Some(&after.status)]);
            self.statuses.push(Status { order_pk, status: order.status.clone(), load_dt, hashdiff });
        }
        let changed =
            after.held_lines().filter(|line| before.and_then(|state| state.held(line.product_pk)) != Some(line));
        let gone = before.into_iter().flat_map(State::held_lines);
        let gone = gone.filter(|line| after.held(line.product_pk).is_none()).map(Line::removed);
        for line in changed.copied().chain(gone) {
            let link_pk = keys::link(Link::OrderProduct, order_pk, line.product_pk);
            let attributes = [line.quantity.to_string(), line.amount.to_string(), line.category_pk.to_string()];
            let hashdiff = keys::hashdiff(link_pk, &attributes.each_ref().map(|text| Some(text.as_str())));
            self.lines.push(OrderLine { link_pk, line, load_dt, hashdiff });
        }
    }

    /// Adds hubs and links of everything the order names, with the applied date of the first order that names it.
    fn add_business_keys(&mut self, hashed: &HashedOrder<'o>, is_new: bool) {
        let HashedOrder { order, order_pk, user_pk, restaurant_pk, .. } = *hashed;
        let load_dt = order.sent_at;
        let hub = |key: &'o str| Hub { key, load_dt };
        self.users.entry(user_pk).or_insert_with(|| hub(&order.user.id));
        self.restaurants.entry(restaurant_pk).or_insert_with(|| hub(&order.restaurant.id));
        let rows = if is_new { &mut self.new_orders } else { &mut self.known_orders };
        rows.orders.entry(order_pk).or_insert(OrderHub { order_id: order.object_id, order_dt: order.date, load_dt });
        let link = |kind: Link, links: &mut BTreeMap<Uuid, LinkRow>, left: Uuid, right: Uuid| {
            links.entry(keys::link(kind, left, right)).or_insert(LinkRow { left, right, load_dt });
        };
        link(Link::OrderUser, &mut rows.users, order_pk, user_pk);
        link(Link::OrderRestaurant, &mut rows.restaurants, order_pk, restaurant_pk);
        for &HashedProduct { product, product_pk, category_pk } in &hashed.products {
            self.products.entry(product_pk).or_insert_with(|| hub(&product.id));
            self.categories.entry(category_pk).or_insert_with(|| hub(&product.category));
            link(Link::OrderProduct, &mut rows.products, order_pk, product_pk);
            link(Link::ProductRestaurant, &mut self.product_restaurants, product_pk, restaurant_pk);
            link(Link::ProductCategory, &mut self.product_categories, product_pk, category_pk);
        }
    }

    fn add_names(&mut self, hashed: &HashedOrder<'o>) {
        let HashedOrder { order, user_pk, restaurant_pk, .. } = *hashed;
        let load_dt = order.enriched_at;
        let Names { users, products, restaurants } = &mut self.names;
        users.push(Name::new(user_pk, [&order.user.name, &order.user.login], load_dt));
        restaurants.push(Name::new(restaurant_pk, [&order.restaurant.name], load_dt));
        let names = hashed.products.iter();
        products.extend(names.map(|line| Name::new(line.product_pk, [&line.product.name], load_dt)));
    }
}

impl Names<'_> {
    /// Sorts the names of each parent by the time they were read and keeps one per time. Repeated names stay: whether
    /// one is a change depends on the stored rows in between.
    pub(super) fn dedup(&mut self) {
        dedup(&mut self.users);
        dedup(&mut self.products);
        dedup(&mut self.restaurants);
    }
}

fn dedup<const N: usize>(names: &mut Vec<Name<'_, N>>) {
    // The sort is stable: of two names read at the same time the first one stays.
    names.sort_by_key(|name| (name.parent, name.load_dt));
    names.dedup_by_key(|name| (name.parent, name.load_dt));
}

impl<'o, const N: usize> Name<'o, N> {
    fn new(parent: Uuid, names: [&'o str; N], load_dt: UtcMicros) -> Self {
        let hashdiff = keys::hashdiff(parent, &names.map(Some));
        Self { parent, names, load_dt, hashdiff }
    }
}

/// The `candidates` of each parent that has at least one change, compared with the `latest` row (time read, hashdiff).
/// In a steady stream there are none, and nothing is locked or written.
#[must_use]
pub fn changed<'o, const N: usize>(
    candidates: Vec<Name<'o, N>>,
    latest: &HashMap<Uuid, (UtcMicros, Uuid)>,
) -> Vec<Name<'o, N>> {
    let is_news = |name: &Name<'_, N>| {
        latest.get(&name.parent).is_none_or(|(at, hashdiff)| name.load_dt > *at && name.hashdiff != *hashdiff)
    };
    let changed: BTreeSet<Uuid> = candidates.iter().filter(|name| is_news(name)).map(|name| name.parent).collect();
    candidates.into_iter().filter(|name| changed.contains(&name.parent)).collect()
}
