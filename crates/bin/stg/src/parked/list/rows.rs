//! Rows of `parked list`: an order and the names it waits for, or a name and the number of orders that wait for it.

use consumer::Failure;
use database::{Row, Statement, get, statement};
use jiff::civil::DateTime;
use orders::UtcMicros;
use serde::Serialize;

use super::reasons::{Reason, Reasons};
use crate::transform::{Kind, Missing};

/// A row of the list.
pub(super) trait Line: Sized {
    /// The query. Parameters: kind, id, parked before, limit.
    const STATEMENT: Statement;
    const HEADER: [&'static str; 3];

    fn read(row: &Row) -> Result<Self, Failure>;
    fn cells(&self) -> [String; 3];
    /// The names in the row.
    fn names(&mut self) -> impl Iterator<Item = &mut Awaited>;
    fn kinds(&self) -> impl Iterator<Item = Kind>;
}

/// A parked order.
#[derive(Debug, Serialize)]
pub(super) struct Order {
    object_id: i64,
    parked_at: Option<UtcMicros>,
    /// Whether it was released; the next round sends it.
    released: bool,
    waits_for: Vec<Awaited>,
}

/// A name that orders wait for.
#[derive(Debug, Serialize)]
pub(super) struct Name {
    #[serde(flatten)]
    name: Awaited,
    orders: i64,
    since: Option<UtcMicros>,
}

/// An awaited name and, if known, the reason why it is missing.
#[derive(Debug, Serialize)]
pub(super) struct Awaited {
    kind: String,
    id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    restaurant_id: String,
    #[serde(flatten)]
    why: Option<Reason>,
}

impl Line for Order {
    const STATEMENT: Statement = statement!("stg/parked/select_parked_orders");
    const HEADER: [&'static str; 3] = ["order", "parked since (UTC)", "waits for"];

    fn read(row: &Row) -> Result<Self, Failure> {
        let (kinds, ids, restaurants): (Vec<String>, Vec<String>, Vec<String>) =
            (get(row, 3)?, get(row, 4)?, get(row, 5)?);
        let names = kinds.into_iter().zip(ids).zip(restaurants);
        Ok(Self {
            object_id: get(row, 0)?,
            parked_at: UtcMicros::from_civil(get(row, 1)?),
            released: get::<Option<DateTime>>(row, 2)?.is_some(),
            waits_for: names.map(|((kind, id), restaurant_id)| Awaited::new(kind, id, restaurant_id)).collect(),
        })
    }

    fn cells(&self) -> [String; 3] {
        let mut names: Vec<String> = self.waits_for.iter().map(Awaited::phrase).collect();
        if self.released {
            names.push("(released)".to_owned());
        }
        [self.object_id.to_string(), format_time(self.parked_at), names.join("\n")]
    }

    fn names(&mut self) -> impl Iterator<Item = &mut Awaited> {
        self.waits_for.iter_mut()
    }

    fn kinds(&self) -> impl Iterator<Item = Kind> {
        self.waits_for.iter().filter_map(|name| Kind::read(&name.kind))
    }
}

impl Line for Name {
    const STATEMENT: Statement = statement!("stg/parked/select_awaited_names");
    const HEADER: [&'static str; 3] = ["waited for", "orders", "since (UTC)"];

    fn read(row: &Row) -> Result<Self, Failure> {
        let name = Awaited::new(get(row, 0)?, get(row, 1)?, get(row, 2)?);
        Ok(Self { name, orders: get(row, 3)?, since: UtcMicros::from_civil(get(row, 4)?) })
    }

    fn cells(&self) -> [String; 3] {
        [self.name.phrase(), self.orders.to_string(), format_time(self.since)]
    }

    fn names(&mut self) -> impl Iterator<Item = &mut Awaited> {
        std::iter::once(&mut self.name)
    }

    fn kinds(&self) -> impl Iterator<Item = Kind> {
        Kind::read(&self.name.kind).into_iter()
    }
}

impl Awaited {
    const fn new(kind: String, id: String, restaurant_id: String) -> Self {
        Self { kind, id, restaurant_id, why: None }
    }

    /// The name; `None` if its kind was introduced by a later version.
    pub(super) fn missing(&self) -> Option<Missing> {
        let kind = Kind::read(&self.kind)?;
        Some(Missing { kind, id: self.id.clone(), restaurant_id: self.restaurant_id.clone() })
    }

    /// Sets the reason why the name is missing.
    pub(super) fn explain(&mut self, reasons: &Reasons) {
        self.why = self.missing().and_then(|name| reasons.get(&name).cloned());
    }

    /// The name as a phrase. Control characters of ids are escaped, because ids are external input and would be printed
    /// to a terminal.
    fn phrase(&self) -> String {
        let Self { kind, id, restaurant_id, why } = self;
        let phrase = match (Kind::read(kind), restaurant_id.as_str()) {
            (Some(Kind::Size), _) => format!("room for {id} bytes"),
            (Some(Kind::Payload), _) => format!("a readable payload ({id})"),
            (_, "") => format!("{kind} {id}"),
            (_, restaurant) => format!("{kind} {id} of restaurant {restaurant}"),
        };
        let phrase = why.as_ref().map_or(phrase.clone(), |why| format!("{phrase}: {}", why.detail));
        phrase.replace(char::is_control, "\u{fffd}")
    }
}

fn format_time(time: Option<UtcMicros>) -> String {
    time.map_or_else(String::new, |time| time.to_string())
}
