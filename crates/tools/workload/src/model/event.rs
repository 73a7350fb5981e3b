//! Parsing of a record of the orders topic, as specified.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::money::Money;

/// The content of a record.
#[derive(Debug)]
pub(super) enum Content {
    /// An order and its state.
    Order(u64, Box<State>),
    /// A message of another kind, which is skipped.
    Other,
    /// An unreadable record.
    Unreadable,
}

/// Content of an event.
#[derive(Debug, Clone)]
pub(super) struct State {
    pub(super) version: Version,
    pub(super) restaurant: String,
    pub(super) user: String,
    /// In microseconds since 1970, as all times here.
    pub(super) ordered_at: i64,
    pub(super) sent_at: i64,
    pub(super) items: Vec<Item>,
    pub(super) cost: Money,
    pub(super) payment: Money,
    pub(super) status: String,
    /// The payload, byte for byte.
    pub(super) payload: String,
}

/// A quantity of a product, with its price.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) product: String,
    pub(super) quantity: u64,
    pub(super) price: Money,
}

/// Newer is greater: update, sending, rank of the status, number of statuses.
pub(super) type Version = (i64, i64, usize, usize);

const RANKS: [&str; 5] = ["OPEN", "COOKING", "DELIVERING", "CLOSED", "CANCELLED"];

/// The longest id, in characters.
const LONGEST_ID: usize = 255;

impl State {
    pub(super) fn is_closed(&self) -> bool {
        self.status == "CLOSED"
    }

    pub(super) fn products(&self) -> impl Iterator<Item = &String> {
        self.items.iter().map(|item| &item.product)
    }
}

/// Reads the value of a record.
pub(super) fn read(value: &[u8]) -> Content {
    let Ok(Value::Object(fields)) = serde_json::from_slice(value) else { return Content::Unreadable };
    if fields.get("object_type").and_then(Value::as_str) != Some("order") {
        return Content::Other;
    }
    if fields.values().any(holds_nul) {
        return Content::Unreadable;
    }
    order(value).map_or(Content::Unreadable, |(number, state)| Content::Order(number, Box::new(state)))
}

fn order(value: &[u8]) -> Option<(u64, State)> {
    let Message { object_id, sent_dttm, payload: text } = serde_json::from_slice(value).ok()?;
    let payload: Payload = serde_json::from_str(text.get()).ok()?;
    let sent_at = microseconds(&sent_dttm)?;
    let updated = payload.update_ts.as_deref().map_or(Some(sent_at), microseconds)?;
    let status = payload.final_status;
    let rank = RANKS.iter().position(|known| *known == status).map_or(0, |rank| rank + 1);
    let state = State {
        version: (updated, sent_at, rank, payload.statuses.map_or(0, |statuses| statuses.len())),
        restaurant: id(payload.restaurant.id)?,
        user: id(payload.user.id)?,
        ordered_at: microseconds(&payload.date)?,
        sent_at,
        items: payload.order_items.into_iter().map(item).collect::<Option<_>>()?,
        cost: money(&payload.cost)?,
        payment: money(&payload.payment)?,
        status,
        payload: text.get().to_owned(),
    };
    Some((object_id, state))
}

fn item(line: Line) -> Option<Item> {
    let quantity = line.quantity.as_u64().filter(|quantity| *quantity > 0)?;
    (!line.name.is_empty()).then_some(())?;
    Some(Item { product: id(line.id)?, quantity, price: money(&line.price)? })
}

fn id(text: String) -> Option<String> {
    (1..=LONGEST_ID).contains(&text.chars().count()).then_some(text)
}

fn money(number: &serde_json::Number) -> Option<Money> {
    Money::read(&number.to_string())
}

fn microseconds(text: &str) -> Option<i64> {
    let zoned = text.parse::<Timestamp>();
    let utc = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    zoned.ok().or_else(utc).map(Timestamp::as_microsecond)
}

/// PostgreSQL's `json` accepts U+0000 and fails when the value is read.
fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(values) => values.iter().any(holds_nul),
        Value::Object(fields) => fields.iter().any(|(key, value)| key.contains('\0') || holds_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[derive(Deserialize)]
struct Message<'a> {
    object_id: u64,
    sent_dttm: String,
    #[serde(borrow)]
    payload: &'a RawValue,
}

#[derive(Deserialize)]
struct Payload {
    restaurant: Id,
    user: Id,
    date: String,
    order_items: Vec<Line>,
    cost: serde_json::Number,
    payment: serde_json::Number,
    statuses: Option<Vec<serde::de::IgnoredAny>>,
    final_status: String,
    update_ts: Option<String>,
}

#[derive(Deserialize)]
struct Id {
    id: String,
}

#[derive(Deserialize)]
struct Line {
    id: String,
    name: String,
    price: serde_json::Number,
    quantity: serde_json::Number,
}
