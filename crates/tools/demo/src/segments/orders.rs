//! Orders of pizza by users of the demo, beside the generated ones.

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::json;
use workload::source::{Event, Reference};

/// The category whose orders are counted, and the tag of users with ten of them.
pub(super) const CATEGORY: &str = "Пицца";
pub(super) const TAG: &str = "Любитель пиццы";

/// Orders that the tag needs.
pub(super) const THRESHOLD: u64 = 10;

/// The day of these orders. It is in the past of every machine.
const DAY: &str = "2026-03-02";

/// The first number of an order of the demo. Generated ones have smaller numbers.
const FIRST: u64 = 1_000_000_000;

/// A pizza of a restaurant.
#[derive(Debug, Clone)]
pub(super) struct Pizza {
    restaurant: String,
    product: String,
    name: String,
}

#[derive(Deserialize)]
struct Restaurant {
    #[serde(rename = "_id")]
    id: String,
    #[serde(default)]
    menu: Vec<Product>,
}

#[derive(Deserialize)]
struct Product {
    #[serde(rename = "_id")]
    id: String,
    name: String,
    category: String,
}

impl Pizza {
    /// The first pizza on a menu.
    pub(super) fn find(reference: &[Reference]) -> Result<Self> {
        let restaurants = reference.iter().filter_map(|object| serde_json::from_str::<Restaurant>(&object.json).ok());
        let mut pizzas = restaurants.filter_map(|restaurant| {
            let product = restaurant.menu.into_iter().find(|product| product.category == CATEGORY)?;
            Some(Self { restaurant: restaurant.id, product: product.id, name: product.name })
        });
        pizzas.next().context("no restaurant sells pizza")
    }

    /// The order with this number of a user. A later version says what has become of it.
    pub(super) fn order(&self, user: &Customer, number: u64, version: u64, status: &str) -> Event {
        let at = format!("{DAY} 12:{number:02}:{version:02}");
        let order = json!({
            "object_id": FIRST + user.number * 100 + number, "object_type": "order", "sent_dttm": at,
            "payload": {
                "date": format!("{DAY} 11:00:00"), "restaurant": {"id": self.restaurant}, "user": {"id": user.id},
                "order_items": [{"id": self.product, "name": self.name, "price": 500, "quantity": 1}],
                "cost": 500, "payment": 500, "final_status": status, "update_ts": at,
            },
        });
        Event { value: Some(order.to_string().into_bytes()) }
    }
}

/// A user of the demo.
#[derive(Debug, Clone)]
pub(super) struct Customer {
    pub(super) number: u64,
    /// The id in the order system.
    pub(super) id: String,
}

impl Customer {
    pub(super) fn new(number: u64) -> Self {
        Self { number, id: format!("de{number:022x}") }
    }

    /// As Redis has it.
    pub(super) fn reference(&self) -> Result<Reference> {
        let name = if self.number == 0 { "Анна".to_owned() } else { format!("Гость {}", self.number) };
        let user = json!({"_id": self.id, "name": name, "login": format!("demo{}", self.number), "update_ts": format!("{DAY} 00:00:00")});
        Ok(Reference::parse(user.to_string())?)
    }
}
