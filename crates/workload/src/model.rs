//! What the marts must say about a stream of events: a small sequential second opinion that shares no code with the
//! product and keeps everything in memory.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Deserialize;

use crate::source::{Event, Reference};

/// Distinct closed orders of a user, by the user's id and the product's id or the category's name. No zeros.
pub type Counters = BTreeMap<(String, String), u64>;

/// The truth about a stream.
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
    /// Records a service has to put aside: unreadable, or an order that changes its user.
    pub refused: u64,
    /// Counters of users and products.
    pub products: Counters,
    /// Counters of users and categories.
    pub categories: Counters,
}

/// Reads events in any order and knows every order's newest state.
#[derive(Debug, Default)]
pub struct Model {
    /// The category of a restaurant's dish.
    menus: HashMap<(String, String), String>,
    orders: BTreeMap<u64, State>,
    tally: Expected,
}

/// What the newest event of an order says.
#[derive(Debug)]
struct State {
    version: Version,
    restaurant: String,
    user: String,
    products: Vec<String>,
    closed: bool,
}

/// Newer is greater: update, sending, rank of the status, number of statuses.
type Version = (i64, i64, usize, usize);

const RANKS: [&str; 5] = ["OPEN", "COOKING", "DELIVERING", "CLOSED", "CANCELLED"];

impl Model {
    /// Learns the menus.
    #[must_use]
    pub fn new(reference: impl IntoIterator<Item = Reference>) -> Self {
        let mut model = Self::default();
        for object in reference {
            let Ok(Restaurant { id, menu }) = serde_json::from_str(&object.json) else {
                continue;
            };
            for dish in menu {
                model.menus.insert((id.clone(), dish.id), dish.category);
            }
        }
        model
    }

    /// Takes one more event into account.
    pub fn apply(&mut self, event: &Event) {
        self.tally.events += 1;
        let Some(value) = &event.value else {
            self.tally.skipped += 1;
            return;
        };
        match read(value) {
            None => self.tally.refused += 1,
            Some(None) => self.tally.skipped += 1,
            Some(Some((order, state))) => self.keep(order, state),
        }
    }

    fn keep(&mut self, order: u64, state: State) {
        match self.orders.entry(order) {
            Entry::Vacant(unknown) => {
                unknown.insert(state);
            }
            Entry::Occupied(known) if known.get().user != state.user => self.tally.refused += 1,
            Entry::Occupied(mut known) => {
                if state.version > known.get().version {
                    known.insert(state);
                }
            }
        }
    }

    /// Counts the closed orders.
    #[must_use]
    pub fn expected(mut self) -> Expected {
        self.tally.orders = self.orders.len() as u64;
        for State { restaurant, user, products, .. } in self.orders.into_values().filter(|state| state.closed) {
            self.tally.closed += 1;
            let dish = |product: &String| self.menus.get(&(restaurant.clone(), product.clone())).cloned();
            let categories = products.iter().filter_map(dish).collect();
            count(&mut self.tally.categories, &user, categories);
            count(&mut self.tally.products, &user, products);
        }
        self.tally
    }
}

/// An order counts once for everything it contains, however often.
fn count(counters: &mut Counters, user: &str, mut contents: Vec<String>) {
    contents.sort_unstable();
    contents.dedup();
    for content in contents {
        *counters.entry((user.to_owned(), content)).or_default() += 1;
    }
}

/// An order's number and state; `Some(None)` for what is no order, `None` for what nobody can read.
fn read(value: &[u8]) -> Option<Option<(u64, State)>> {
    let Kind { object_type } = serde_json::from_slice(value).ok()?;
    if object_type.as_deref() != Some("order") {
        return Some(None);
    }
    let Message { object_id, sent_dttm, payload } = serde_json::from_slice(value).ok()?;
    let sent = microseconds(&sent_dttm)?;
    let updated = payload.update_ts.as_deref().map_or(Some(sent), microseconds)?;
    let status = payload.final_status;
    let rank = RANKS.iter().position(|known| *known == status).map_or(0, |rank| rank + 1);
    let state = State {
        version: (updated, sent, rank, payload.statuses.map_or(0, |statuses| statuses.len())),
        restaurant: payload.restaurant.id,
        user: payload.user.id,
        products: payload.order_items.into_iter().map(|item| item.id).collect(),
        closed: status == "CLOSED",
    };
    Some(Some((object_id, state)))
}

fn microseconds(text: &str) -> Option<i64> {
    let zoned = text.parse::<Timestamp>();
    let utc = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    zoned.ok().or_else(utc).map(Timestamp::as_microsecond)
}

#[derive(Deserialize)]
struct Kind {
    object_type: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    object_id: u64,
    sent_dttm: String,
    payload: Payload,
}

#[derive(Deserialize)]
struct Payload {
    restaurant: Id,
    user: Id,
    order_items: Vec<Id>,
    statuses: Option<Vec<serde::de::IgnoredAny>>,
    final_status: String,
    update_ts: Option<String>,
}

#[derive(Deserialize)]
struct Id {
    id: String,
}

#[derive(Deserialize)]
struct Restaurant {
    #[serde(rename = "_id")]
    id: String,
    menu: Vec<Dish>,
}

#[derive(Deserialize)]
struct Dish {
    #[serde(rename = "_id")]
    id: String,
    category: String,
}
