//! Sequential model of the expected results, which shares no code with the services and keeps everything in memory.

mod event;
mod menus;
mod truth;

pub mod money;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use crate::source::{Event, Reference};
use event::{Content, State};
use menus::Names;

pub use menus::Person;
pub use truth::{Line, Order, Truth};

/// Distinct closed orders of a user, by the user's id and the product's id or the category's name. No zeros.
pub type Counters = BTreeMap<(String, String), u64>;

/// Counts of the expected results of a stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expected {
    /// All records.
    pub events: u64,
    /// Distinct orders.
    pub orders: u64,
    /// Orders whose state is CLOSED.
    pub closed: u64,
    /// Records that are no orders: service messages and tombstones.
    pub skipped: u64,
    /// Records that become dead letters: unreadable, or an order that changes its user.
    pub refused: u64,
    /// Counters of users and products.
    pub products: Counters,
    /// Counters of users and categories.
    pub categories: Counters,
}

/// Outcome of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpectedOutcome {
    /// An order, newer or older than the known one.
    Accepted,
    /// Skipped: a service message, a tombstone.
    Skipped,
    /// A dead letter: unreadable, or an order that changes its user.
    Refused,
}

/// Processes events in any order and keeps the newest state of each order. An event that changes the user of an order
/// must follow one that does not.
#[derive(Debug, Clone, Default)]
pub struct Model {
    names: Names,
    orders: BTreeMap<u64, OrderHistory>,
    expected: Expected,
}

/// The known state of an order.
#[derive(Debug, Clone)]
struct OrderHistory {
    newest: State,
    /// Every product that any event of the order has ever named.
    ever: BTreeSet<String>,
}

impl Model {
    /// Adds these names.
    #[must_use]
    pub fn new(reference: impl IntoIterator<Item = Reference>) -> Self {
        let mut model = Self::default();
        reference.into_iter().for_each(|object| model.learn(&object));
        model
    }

    /// Adds the names of an object, or replaces them.
    pub fn learn(&mut self, object: &Reference) {
        self.names.learn(object);
    }

    /// Processes an event.
    pub fn apply(&mut self, event: &Event) {
        let _expected = self.expected_outcome(event);
    }

    /// The same, and returns the outcome of the event.
    pub fn expected_outcome(&mut self, event: &Event) -> ExpectedOutcome {
        self.expected.events += 1;
        let expected = match event.value.as_deref().map(event::read) {
            None | Some(Content::Other) => ExpectedOutcome::Skipped,
            Some(Content::Unreadable) => ExpectedOutcome::Refused,
            Some(Content::Order(number, state)) => self.keep(number, *state),
        };
        match expected {
            ExpectedOutcome::Accepted => {}
            ExpectedOutcome::Skipped => self.expected.skipped += 1,
            ExpectedOutcome::Refused => self.expected.refused += 1,
        }
        expected
    }

    fn keep(&mut self, number: u64, state: State) -> ExpectedOutcome {
        match self.orders.entry(number) {
            Entry::Vacant(unknown) => {
                unknown.insert(OrderHistory { ever: state.products().cloned().collect(), newest: state });
            }
            Entry::Occupied(known) if known.get().newest.user != state.user => return ExpectedOutcome::Refused,
            Entry::Occupied(mut known) => {
                let known = known.get_mut();
                known.ever.extend(state.products().cloned());
                if state.version > known.newest.version {
                    known.newest = state;
                }
            }
        }
        ExpectedOutcome::Accepted
    }

    /// Counts the closed orders.
    #[must_use]
    pub fn expected(mut self) -> Expected {
        self.expected.orders = self.orders.len() as u64;
        for OrderHistory { newest, .. } in self.orders.into_values().filter(|known| known.newest.is_closed()) {
            self.expected.closed += 1;
            let products: BTreeSet<_> = newest.products().cloned().collect();
            let category = |product: &String| Some(self.names.product(&newest.restaurant, product)?.category.clone());
            let categories: BTreeSet<_> = products.iter().filter_map(category).collect();
            count(&mut self.expected.categories, &newest.user, categories);
            count(&mut self.expected.products, &newest.user, products);
        }
        self.expected
    }

    /// The expected content of the database, except for orders that wait for names.
    #[must_use]
    pub fn truth(&self) -> Truth {
        let mut truth = Truth::default();
        for (number, known) in &self.orders {
            truth.add(*number, &known.newest, &known.ever, &self.names);
        }
        truth
    }
}

/// An order counts once for everything it contains, however often.
fn count(counters: &mut Counters, user: &str, contents: BTreeSet<String>) {
    for content in contents {
        *counters.entry((user.to_owned(), content)).or_default() += 1;
    }
}
