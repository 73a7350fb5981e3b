//! Orders for tests: one restaurant, a few users, products by name.

use anyhow::Result;
use harness::{Record, Workload};
use serde_json::{Value, json};
use workload::source::{Event, Reference};

/// A version of an order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Order<'a> {
    pub(crate) id: u64,
    pub(crate) user: &'a str,
    pub(crate) products: &'a [&'a str],
    pub(crate) status: &'a str,
    /// When it was sent, in minutes past noon: the larger, the newer.
    pub(crate) minute: u8,
}

impl Order<'_> {
    /// The order system's message about it.
    pub(crate) fn message(&self) -> Value {
        let Self { id, user, products, status, minute } = self;
        let at = format!("2026-03-02 12:{minute:02}:00");
        let items: Vec<Value> = products
            .iter()
            .map(|product| json!({"id": product, "name": format!("Свежий {product}"), "price": 180, "quantity": 1}))
            .collect();
        json!({
            "object_id": id, "object_type": "order", "sent_dttm": at,
            "payload": {
                "restaurant": {"id": "restaurant"}, "user": {"id": user}, "date": "2026-03-02 11:20:05",
                "order_items": items, "cost": 180, "payment": 180, "bonus_payment": 0, "bonus_grant": 0,
                "statuses": [{"status": status, "dttm": at}], "final_status": status, "update_ts": at,
            },
        })
    }

    /// Its record.
    pub(crate) fn record(&self) -> Record {
        Record::of(self.message().to_string())
    }
}

/// A closed order, in its first version.
pub(crate) const fn closed<'a>(id: u64, user: &'a str, products: &'a [&'a str]) -> Order<'a> {
    Order { id, user, products, status: "CLOSED", minute: 0 }
}

/// Value of a user in Redis.
pub(crate) fn user(id: &str) -> Result<Reference> {
    Ok(Reference::parse(json!({"_id": id, "name": format!("Имя {id}"), "login": id}).to_string())?)
}

/// Value of the restaurant in Redis, whose menu has these products, each in its own category.
pub(crate) fn restaurant(products: &[&str]) -> Result<Reference> {
    let menu: Vec<Value> = products
        .iter()
        .map(|product| json!({"_id": product, "name": format!("Блюдо {product}"), "price": 180, "category": format!("Раздел {product}")}))
        .collect();
    let update = "2026-03-02 11:00:00";
    Ok(Reference::parse(
        json!({"_id": "restaurant", "name": "Кофейня №1", "menu": menu, "update_ts": update}).to_string(),
    )?)
}

/// These orders, one after the other, and all the names they need.
pub(crate) fn workload(orders: &[Order<'_>]) -> Result<Workload> {
    let products: Vec<&str> = orders.iter().flat_map(|order| order.products.iter().copied()).collect();
    let mut reference = vec![restaurant(&products)?];
    for order in orders {
        reference.push(user(order.user)?);
    }
    let events = orders.iter().map(|order| Event { value: Some(order.message().to_string().into_bytes()) }).collect();
    Ok(Workload { reference, events })
}
