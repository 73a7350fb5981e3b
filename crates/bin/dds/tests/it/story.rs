//! Orders for the tests of dds, version by version.

use orders::{Enriched, enriched};
use serde_json::{Value, json};

/// Content of one version of an order.
#[derive(Debug, Clone)]
pub(crate) struct Chapter {
    /// Its status.
    pub(crate) status: &'static str,
    /// Its price.
    pub(crate) cost: u8,
    /// Time of sending in minutes; need not grow with the version.
    pub(crate) sent: u8,
    /// Product, category, quantity.
    pub(crate) lines: Vec<(u8, u8, u8)>,
}

/// A closed order of these products, each in the category of its own number.
pub(crate) fn closed(products: &[u8]) -> Chapter {
    Chapter {
        status: "CLOSED",
        cost: 1,
        sent: 0,
        lines: products.iter().map(|product| (*product, *product, 1)).collect(),
    }
}

/// Version `version` of order `order`; even orders belong to one user, odd ones to another.
pub(crate) fn order(order: usize, version: usize, chapter: &Chapter) -> Enriched {
    read(&message(order, version, chapter))
}

/// The message of the order, as STG sends it.
pub(crate) fn message(order: usize, version: usize, chapter: &Chapter) -> Value {
    let Chapter { status, cost, sent, lines } = chapter;
    let products: Vec<Value> = lines.iter().map(|(product, category, quantity)| {
        json!({
            "id": format!("product {product}"), "name": format!("Блюдо {product}"), "price": 0.5, "quantity": quantity,
            "category": format!("category {category}"),
        })
    }).collect();
    json!({
        "object_id": order, "object_type": "order",
        "sent_dttm": format!("2026-03-02 12:{sent:02}:00"), "enriched_at": format!("2026-03-02 13:{sent:02}:00"),
        "payload": {
            "date": "2026-03-02 11:20:05", "cost": cost, "payment": cost, "status": status,
            "version": format!("20260302120000000000-20260302120000000000-4-000001-{version:040}"),
            "restaurant": {"id": "restaurant", "name": "Кофейня №1"},
            "user": {"id": format!("user {}", order % 2), "name": "Котова Ольга", "login": "kotova"},
            "products": products,
        },
    })
}

/// An order from its message.
pub(crate) fn read(message: &Value) -> Enriched {
    enriched::read(Some(message.to_string().as_bytes()), None).unwrap()
}
