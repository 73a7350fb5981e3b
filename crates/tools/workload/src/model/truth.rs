//! The expected content of the database, by the ids of the source.

use std::collections::{BTreeMap, BTreeSet};

use super::event::State;
use super::menus::{Names, Person};
use super::money::Money;
use super::{Counters, count};

/// The state of every order, and the counters and names that follow.
#[derive(Debug, Clone, Default)]
pub struct Truth {
    /// All orders in STG.
    pub orders: BTreeMap<u64, Order>,
    /// Counters of users and products; of orders that are sent on, as all that follows.
    pub products: Counters,
    /// Counters of users and categories.
    pub categories: Counters,
    /// Users who have ordered.
    pub users: BTreeMap<String, Person>,
    /// Names of restaurants with orders.
    pub restaurants: BTreeMap<String, String>,
    /// Names of products that an order holds or held.
    pub product_names: BTreeMap<String, String>,
    /// And their categories.
    pub categories_of: BTreeMap<String, String>,
}

/// Current state of an order.
#[derive(Debug, Clone)]
pub struct Order {
    /// Its user.
    pub user: String,
    /// Its restaurant.
    pub restaurant: String,
    /// When; in microseconds since 1970.
    pub ordered_at: i64,
    /// When its newest event was sent; in microseconds since 1970.
    pub sent_at: i64,
    /// Its status.
    pub status: String,
    /// Its price.
    pub cost: Money,
    /// Its payment.
    pub payment: Money,
    /// The payload of its newest event, byte for byte.
    pub payload: String,
    /// Its lines by product.
    pub lines: BTreeMap<String, Line>,
    /// Every product that any of its events names: older events may or may not have been stored.
    pub ever: BTreeSet<String>,
    /// Whether it is parked.
    pub parked: bool,
}

/// All of one product in an order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// Pieces.
    pub quantity: u64,
    /// Total price of the line.
    pub amount: Money,
    /// The category; empty while the product is unknown.
    pub category: String,
}

impl Truth {
    /// Adds an order in its newest state.
    pub(super) fn add(&mut self, number: u64, state: &State, ever: &BTreeSet<String>, names: &Names) {
        let mut lines = BTreeMap::<String, Line>::new();
        let mut parked = names.user(&state.user).is_none() || names.restaurant(&state.restaurant).is_none();
        for item in &state.items {
            let line = lines.entry(item.product.clone()).or_default();
            line.quantity += item.quantity;
            line.amount = line.amount.plus(item.price.times(item.quantity));
            match names.product(&state.restaurant, &item.product) {
                Some(entry) => line.category.clone_from(&entry.category),
                None => parked = true,
            }
        }
        if !parked {
            self.count_and_name(state, &lines, ever, names);
        }
        let order = Order {
            user: state.user.clone(),
            restaurant: state.restaurant.clone(),
            ordered_at: state.ordered_at,
            sent_at: state.sent_at,
            status: state.status.clone(),
            cost: state.cost,
            payment: state.payment,
            payload: state.payload.clone(),
            lines,
            ever: ever.clone(),
            parked,
        };
        self.orders.insert(number, order);
    }

    fn count_and_name(
        &mut self,
        state: &State,
        lines: &BTreeMap<String, Line>,
        ever: &BTreeSet<String>,
        names: &Names,
    ) {
        if state.is_closed() {
            count(&mut self.products, &state.user, lines.keys().cloned().collect());
            let categories = lines.values().map(|line| line.category.clone()).collect();
            count(&mut self.categories, &state.user, categories);
        }
        if let Some(person) = names.user(&state.user) {
            self.users.insert(state.user.clone(), person.clone());
        }
        if let Some(name) = names.restaurant(&state.restaurant) {
            self.restaurants.insert(state.restaurant.clone(), name.to_owned());
        }
        for product in ever {
            if let Some(entry) = names.product(&state.restaurant, product) {
                self.product_names.insert(product.clone(), entry.name.clone());
                self.categories_of.insert(product.clone(), entry.category.clone());
            }
        }
    }
}
