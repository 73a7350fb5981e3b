//! Known names: users, restaurants, and products on menus.

use std::collections::HashMap;

use serde::Deserialize;

use crate::source::Reference;

/// All known names.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    users: HashMap<String, Person>,
    restaurants: HashMap<String, Restaurant>,
}

#[derive(Debug, Clone)]
struct Restaurant {
    name: String,
    menu: HashMap<String, Product>,
}

/// Names of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The name.
    pub name: String,
    /// The login; may be empty.
    pub login: String,
}

/// A menu entry.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Product {
    #[serde(rename = "_id")]
    id: String,
    #[serde(default)]
    pub(super) name: String,
    pub(super) category: String,
}

/// A restaurant or a user in Redis: only restaurants have a menu.
#[derive(Deserialize)]
struct Object {
    #[serde(default)]
    name: String,
    login: Option<String>,
    menu: Option<Vec<Product>>,
}

impl Names {
    pub(super) fn learn(&mut self, object: &Reference) {
        let Ok(Object { name, login, menu }) = serde_json::from_str(&object.json) else { return };
        match menu {
            Some(menu) => {
                let menu = menu.into_iter().map(|product| (product.id.clone(), product)).collect();
                self.restaurants.insert(object.id.clone(), Restaurant { name, menu });
            }
            None => {
                let login = login.unwrap_or_default();
                self.users.insert(object.id.clone(), Person { name, login });
            }
        }
    }

    pub(super) fn user(&self, id: &str) -> Option<&Person> {
        self.users.get(id)
    }

    pub(super) fn restaurant(&self, id: &str) -> Option<&str> {
        Some(&self.restaurants.get(id)?.name)
    }

    pub(super) fn product(&self, restaurant: &str, id: &str) -> Option<&Product> {
        self.restaurants.get(restaurant)?.menu.get(id)
    }
}
