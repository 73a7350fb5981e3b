//! The order message as the order system writes it, field by field.

use jiff::civil::DateTime;
use serde::{Serialize, Serializer};

/// A record of the orders topic.
#[derive(Debug, Serialize)]
pub(super) struct Message<'a> {
    pub(super) object_id: u64,
    pub(super) object_type: &'static str,
    pub(super) sent_dttm: Time,
    pub(super) payload: Payload<'a>,
}

#[derive(Debug, Serialize)]
pub(super) struct Payload<'a> {
    pub(super) restaurant: Id<'a>,
    pub(super) user: Id<'a>,
    pub(super) date: Time,
    pub(super) order_items: Vec<Item<'a>>,
    pub(super) bonus_payment: Money,
    pub(super) cost: Money,
    pub(super) payment: Money,
    pub(super) bonus_grant: Money,
    pub(super) statuses: Vec<Step>,
    pub(super) final_status: Status,
    pub(super) update_ts: Time,
}

#[derive(Debug, Serialize)]
pub(super) struct Id<'a> {
    pub(super) id: &'a str,
}

#[derive(Debug, Serialize)]
pub(super) struct Item<'a> {
    pub(super) id: &'a str,
    pub(super) name: &'a str,
    pub(super) price: Money,
    pub(super) quantity: u32,
}

/// A status and since when.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Step {
    pub(super) status: Status,
    pub(super) dttm: Time,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Status {
    Open,
    Cooking,
    Delivering,
    Closed,
    Cancelled,
}

/// A time as the order system writes it: `YYYY-MM-DD HH:MM:SS`, in UTC without saying so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Time(pub(super) DateTime);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0.strftime("%F %T"))
    }
}

/// An amount in kopecks, written in roubles: `180`, `249.5`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Money {
    kopecks: i64,
}

impl Money {
    pub(super) fn kopecks(kopecks: i64) -> Self {
        Self { kopecks }
    }

    pub(super) fn times(self, quantity: u32) -> Self {
        Self { kopecks: self.kopecks * i64::from(quantity) }
    }

    pub(super) fn minus(self, other: Self) -> Self {
        Self { kopecks: self.kopecks - other.kopecks }
    }

    /// A part of the amount, cut to whole roubles, as bonuses are.
    pub(super) fn percent(self, percent: i64) -> Self {
        Self { kopecks: self.kopecks * percent / 100 / 100 * 100 }
    }
}

impl std::iter::Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        Self { kopecks: amounts.map(|amount| amount.kopecks).sum() }
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.kopecks % 100 == 0 {
            serializer.serialize_i64(self.kopecks / 100)
        } else {
            serializer.serialize_f64(self.kopecks as f64 / 100.0)
        }
    }
}
