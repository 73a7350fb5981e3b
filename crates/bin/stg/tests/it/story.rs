//! Orders and names for the tests of stg.

use std::collections::HashMap;

use orders::{Event, UtcMicros, event};
use reference::{Lookup, Product, Restaurant, User};
use serde_json::json;

/// When the names were read, unless a test says otherwise.
pub(crate) fn noon() -> UtcMicros {
    at(0)
}

/// A number of minutes after noon.
pub(crate) fn at(minute: u8) -> UtcMicros {
    UtcMicros::read(&format!("2026-03-02 12:{minute:02}:00")).unwrap()
}

/// Version `minute` of an order of one user in the one restaurant.
pub(crate) fn order(object_id: i64, minute: u8, user: &str, products: &[&str]) -> Event {
    let items: Vec<_> = products
        .iter()
        .map(|id| json!({"id": id, "name": format!("{id} of the order"), "price": 180, "quantity": 2}))
        .collect();
    let message = json!({
        "object_id": object_id, "object_type": "order", "sent_dttm": at(minute).to_string(),
        "payload": {
            "restaurant": {"id": "restaurant"}, "user": {"id": user}, "date": "2026-03-02 11:20:05",
            "order_items": items, "cost": 1, "payment": 1, "final_status": "CLOSED",
        },
    });
    event::read(Some(message.to_string().as_bytes()), None).unwrap()
}

/// The content of Redis.
#[derive(Debug, Clone, Default)]
pub(crate) struct Redis {
    users: Vec<(String, User)>,
    menu: Option<HashMap<String, Product>>,
}

impl Redis {
    /// A user, and the restaurant with an empty menu.
    pub(crate) fn of_user(user: &str) -> Self {
        Self::default().and_user(user, "Котова Ольга").and_products(&[])
    }

    /// One more user.
    pub(crate) fn and_user(mut self, id: &str, name: &str) -> Self {
        self.users.push((id.to_owned(), User { name: name.to_owned(), login: "kotova".to_owned() }));
        self
    }

    /// Products with their categories on the restaurant's menu.
    pub(crate) fn and_products(mut self, products: &[(&str, Option<&str>)]) -> Self {
        let menu = self.menu.get_or_insert_default();
        menu.extend(products.iter().map(|(id, category)| {
            let product = Product { name: format!("{id} of the menu"), category: category.map(str::to_owned) };
            ((*id).to_owned(), product)
        }));
        self
    }

    /// The lookup that a batch gets.
    pub(crate) fn lookup(&self) -> Lookup {
        let restaurant = self.menu.clone().map(|menu| Restaurant { name: "Кофейня №1".to_owned(), menu });
        Lookup::of(self.users.clone(), restaurant.map(|restaurant| ("restaurant".to_owned(), restaurant)))
    }
}
