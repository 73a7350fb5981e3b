//! Hostile records: small on the wire, large in memory. Used by tests at small sizes and by `chaos` at large ones.

use serde_json::{Value, json};
use workload::source::Reference;

use crate::servers::kafka::Record;

pub mod clients;

/// Properties of a producer that puts everything into one compressed batch.
pub const ONE_BATCH: [(&str, &str); 6] = [
    ("compression.type", "gzip"),
    ("message.max.bytes", "500000000"),
    ("batch.size", "500000000"),
    ("batch.num.messages", "1000000"),
    ("queue.buffering.max.messages", "1000000"),
    ("linger.ms", "2000"),
];

/// The user of every order here.
const USER: &str = "hostile-user";

/// The name of the user.
///
/// # Errors
/// Does not happen.
pub fn user() -> anyhow::Result<Reference> {
    Ok(Reference::parse(json!({"_id": USER, "name": "Имя", "login": "h"}).to_string())?)
}

/// A restaurant with this many products, each with a name of this many letters.
///
/// # Errors
/// Does not happen.
pub fn restaurant(id: &str, products: usize, letters: usize) -> anyhow::Result<Reference> {
    let name = "я".repeat(letters);
    let product = |number| json!({"_id": product(number), "name": name, "price": 1, "category": "Всё"});
    let menu: Vec<Value> = (0..products).map(product).collect();
    let value = json!({"_id": id, "name": "Н", "menu": menu, "update_ts": "2026-03-02 11:00:00"});
    Ok(Reference::parse(value.to_string())?)
}

fn product(number: usize) -> String {
    format!("d{number:05}")
}

/// A closed order of the first products of a restaurant, with blanks behind it.
#[must_use]
pub fn order(id: u64, restaurant: &str, products: usize, blanks: usize) -> Record {
    let at = "2026-03-02 12:00:00";
    let items: Vec<Value> =
        (0..products).map(|number| json!({"id": product(number), "name": "x", "price": 1, "quantity": 1})).collect();
    let order = json!({
        "object_id": id, "object_type": "order", "sent_dttm": at,
        "payload": {
            "restaurant": {"id": restaurant}, "user": {"id": USER}, "date": at, "order_items": items, "cost": 1,
            "payment": 1, "statuses": [], "final_status": "CLOSED", "update_ts": at,
        },
    });
    Record::of(order.to_string() + &" ".repeat(blanks))
}

/// A version of a closed order as dds reads it: of so many products from number `first` on, each in a category of its own.
#[must_use]
pub fn enriched(id: u64, version: usize, first: usize, products: usize) -> Record {
    let item =
        |number| json!({"id": product(number), "price": 1, "quantity": 1, "name": "x", "category": product(number)});
    let products: Vec<Value> = (first..first + products).map(item).collect();
    let order = json!({
        "object_id": id, "object_type": "order",
        "payload": {
            "restaurant": {"id": "large", "name": "Н"}, "user": {"id": USER, "name": "Имя", "login": "h"},
            "date": "2026-03-02 12:00:00", "products": products, "cost": 1, "payment": 1, "status": "CLOSED",
            "update_ts": format!("2026-03-02 12:{:02}:{:02}", version / 60, version % 60),
        },
    });
    Record::of(order.to_string())
}

/// Records of two bytes with this many headers each.
#[must_use]
pub fn headers(records: usize, headers: usize) -> Vec<Record> {
    let headers = (0..headers).map(|number| (format!("h{number}"), b"value".to_vec())).collect();
    vec![Record { headers, ..Record::of("xx") }; records]
}

/// A record of this many bytes that is no order.
#[must_use]
pub fn text(bytes: usize) -> Record {
    Record::of(" ".repeat(bytes))
}
