//! Parsing of Redis values: a user, a restaurant with its menu, or an unusable value.
//!
//! Another system writes these values. A value that is not JSON, is of the other kind or has no usable name counts as
//! missing: the order waits until the value is corrected. Unknown fields are ignored.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use crate::Unusable;

/// A user, who places orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The name, never blank.
    pub name: String,
    /// The login. Empty if there is none.
    pub login: String,
}

/// A restaurant with its menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restaurant {
    /// The name, never blank.
    pub name: String,
    /// The products by id, without those that have no name. If an id repeats, the last one counts.
    pub menu: HashMap<String, Product>,
}

/// A product on a menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// The name, never blank.
    pub name: String,
    /// The category, at most [`orders::LONGEST_CATEGORY`] characters. `None` if it is blank or absent. The product then
    /// counts as missing until the order has waited long enough to use the fallback.
    pub category: Option<String>,
}

/// What a string costs beside its bytes: the structure and its allocation.
const STRING: usize = 24 + 16;

impl User {
    /// The approximate memory that it takes, in bytes.
    pub(crate) const fn cost(&self) -> usize {
        2 * STRING + self.name.len() + self.login.len()
    }

    /// Parses a user.
    ///
    /// # Errors Why the value cannot be used. A restaurant is not a user.
    pub fn parse(value: &[u8]) -> Result<Self, Unusable> {
        let fields = object(value).ok_or(Unusable::NotJson)?;
        if menu(&fields).is_some() {
            return Err(Unusable::OtherKind);
        }
        let name = text(&fields, "name").ok_or(Unusable::NoName)?.to_owned();
        Ok(Self { name, login: text(&fields, "login").unwrap_or_default().to_owned() })
    }
}

impl Restaurant {
    /// The approximate memory that it takes, in bytes. A map has up to twice as many slots as entries.
    pub(crate) fn cost(&self) -> usize {
        let product = |(id, product): (&String, &Product)| {
            let category = product.category.as_ref().map_or(0, String::len);
            2 * 3 * STRING + id.len() + product.name.len() + category
        };
        STRING + self.name.len() + self.menu.iter().map(product).sum::<usize>()
    }

    /// The restaurant with these products of its menu.
    pub(crate) fn with_only(&self, products: &HashSet<&str>) -> Self {
        let product = |id: &&str| Some(((*id).to_owned(), self.menu.get(*id)?.clone()));
        Self { name: self.name.clone(), menu: products.iter().filter_map(product).collect() }
    }

    /// Parses a restaurant.
    ///
    /// # Errors Why the value cannot be used. A restaurant has a menu, which may be empty.
    pub fn parse(value: &[u8]) -> Result<Self, Unusable> {
        let fields = object(value).ok_or(Unusable::NotJson)?;
        let products = menu(&fields).ok_or(Unusable::OtherKind)?;
        let menu = products.iter().filter_map(|product| Product::parse(product.as_object()?)).collect();
        Ok(Self { name: text(&fields, "name").ok_or(Unusable::NoName)?.to_owned(), menu })
    }
}

impl Product {
    fn parse(fields: &Map<String, Value>) -> Option<(String, Self)> {
        let id = text(fields, "_id")?.to_owned();
        let name = text(fields, "name")?.to_owned();
        let category = text(fields, "category").map(orders::cut_category).filter(|category| !is_blank(category));
        Some((id, Self { name, category: category.map(str::to_owned) }))
    }
}

fn object(value: &[u8]) -> Option<Map<String, Value>> {
    match serde_json::from_slice(value).ok()? {
        Value::Object(fields) => Some(fields),
        _ => None,
    }
}

fn menu(fields: &Map<String, Value>) -> Option<&Vec<Value>> {
    fields.get("menu")?.as_array()
}

/// A usable text field: a string that is not blank and that PostgreSQL can store (U+0000 is not allowed).
fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    let text = fields.get(name)?.as_str()?;
    (!is_blank(text) && !text.contains('\0')).then_some(text)
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

#[cfg(test)]
mod tests {
    use orders::LONGEST_CATEGORY;
    use proptest::prelude::*;
    use serde_json::json;

    use super::{Product, Restaurant, User};
    use crate::Unusable::{self, NoName, NotJson, OtherKind};

    fn user(value: &str) -> Result<(String, String), Unusable> {
        User::parse(value.as_bytes()).map(|user| (user.name, user.login))
    }

    fn product(fields: &serde_json::Value) -> Option<Product> {
        let restaurant = json!({"name": "Кофейня №1", "menu": [fields]}).to_string();
        Restaurant::parse(restaurant.as_bytes()).unwrap().menu.remove("d")
    }

    #[test]
    fn values_of_users_are_parsed() {
        let known = |name: &str, login: &str| Ok((name.to_owned(), login.to_owned()));
        let table = [
            (
                r#"{"_id": "u", "name": "Котова Ольга", "login": "kotova", "age": 1e400}"#,
                known("Котова Ольга", "kotova"),
            ),
            (r#"{"name": " Анна "}"#, known(" Анна ", "")),
            (r#"{"name": "Анна", "login": 7, "menu": null}"#, known("Анна", "")),
            (r#"{"name": "Анна", "login": "a\u0000"}"#, known("Анна", "")),
            (r#"{"name": "Анна", "menu": []}"#, Err(OtherKind)),
            (r#"{"login": "kotova"}"#, Err(NoName)),
            (r#"{"name": null}"#, Err(NoName)),
            (r#"{"name": ["Анна"]}"#, Err(NoName)),
            (r#"{"name": " \t\u00a0"}"#, Err(NoName)),
            (r#"{"name": "А\u0000нна"}"#, Err(NoName)),
            (r#"{"name": "\ud800"}"#, Err(NotJson)),
            (r#"{"name": "Анна""#, Err(NotJson)),
            (r#"{"name": "Анна"} x"#, Err(NotJson)),
            (r#"["Анна"]"#, Err(NotJson)),
            ("", Err(NotJson)),
            ("Анна", Err(NotJson)),
        ];
        for (value, expected) in table {
            assert_eq!(user(value), expected, "{value}");
        }
    }

    #[test]
    fn values_of_restaurants_are_parsed() {
        let table = [
            (r#"{"_id": "r", "name": "Кофейня №1", "menu": [], "update_ts": "2022-01-01"}"#, Ok("Кофейня №1")),
            (r#"{"name": "Кофейня №1", "menu": [7, null, "x", {}]}"#, Ok("Кофейня №1")),
            (r#"{"name": "Кофейня №1"}"#, Err(OtherKind)),
            (r#"{"name": "Кофейня №1", "menu": {}}"#, Err(OtherKind)),
            (r#"{"name": "", "menu": []}"#, Err(NoName)),
            (r#"{"menu": []}"#, Err(NoName)),
        ];
        for (value, expected) in table {
            let restaurant = Restaurant::parse(value.as_bytes());
            assert_eq!(
                restaurant.as_ref().map(|restaurant| restaurant.name.as_str()).map_err(|why| *why),
                expected,
                "{value}"
            );
        }
    }

    #[test]
    fn entries_of_a_menu_are_parsed() {
        let named = |category: Option<&str>| {
            Some(Product { name: "Ролл".to_owned(), category: category.map(str::to_owned) })
        };
        let table = [
            (json!({"_id": "d", "name": "Ролл", "category": "Выпечка", "price": "?"}), named(Some("Выпечка"))),
            (json!({"_id": "d", "name": "Ролл", "category": " "}), named(None)),
            (json!({"_id": "d", "name": "Ролл", "category": null}), named(None)),
            (json!({"_id": "d", "name": "Ролл", "category": "\0"}), named(None)),
            (json!({"_id": "d", "name": "Ролл", "category": format!("{:300}x", "")}), named(None)),
            (json!({"_id": "d", "name": "Ролл"}), named(None)),
            (json!({"_id": "d", "name": " ", "category": "Выпечка"}), None),
            (json!({"_id": "d", "category": "Выпечка"}), None),
            (json!({"_id": 7, "name": "Ролл", "category": "Выпечка"}), None),
        ];
        for (fields, expected) in table {
            assert_eq!(product(&fields), expected, "{fields}");
        }
    }

    #[test]
    fn a_long_category_is_truncated_between_characters() {
        let category = "ё".repeat(LONGEST_CATEGORY + 1);
        let product = product(&json!({"_id": "d", "name": "Ролл", "category": category})).unwrap();
        assert_eq!(product.category, Some("ё".repeat(LONGEST_CATEGORY)));
    }

    #[test]
    fn the_later_of_two_products_with_one_id_is_used() {
        let value = json!({"name": "Р", "menu": [{"_id": "d", "name": "старое"}, {"_id": "d", "name": "новое"}]});
        let restaurant = Restaurant::parse(value.to_string().as_bytes()).unwrap();
        assert_eq!(restaurant.menu["d"].name, "новое");
    }

    proptest! {
        #[test]
        fn no_value_causes_a_panic(value: Vec<u8>) {
            let _ = (User::parse(&value), Restaurant::parse(&value));
        }

        #[test]
        fn no_value_is_both_a_user_and_a_restaurant(name in ".*", menu in proptest::option::of(Just(json!([])))) {
            let value = json!({"name": name, "menu": menu}).to_string();
            prop_assert!(User::parse(value.as_bytes()).is_err() || Restaurant::parse(value.as_bytes()).is_err());
        }
    }
}
