//! Counters, the message from DDS to CDM (`dds-service-orders`): absolute counts of one user.

use std::collections::BTreeMap;

use serde::Serialize;
use uuid::Uuid;

use crate::{
    Malformed, Unusable, cut_category, keys,
    parsing::document::{self, Fields},
    parsing::json::{Node, Object},
    text,
};

/// How often a user has ordered the products and categories that a microbatch changed. Counts are absolute, so a
/// message may be read any number of times.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counters {
    /// The user's id in the source.
    pub user_id: String,
    /// The counters of categories, by name.
    pub categories: BTreeMap<String, Counter>,
    /// The counters of products, by their ids in the source.
    pub products: BTreeMap<String, Counter>,
}

/// One counter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counter {
    /// The name of the product or category.
    pub name: String,
    /// The number of the user's CLOSED orders that contain it.
    pub order_cnt: i32,
    /// The version. Of two messages about the same counter, the one with the larger version is right.
    pub version: i64,
}

impl Counters {
    /// Whether there are no counters.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.categories.is_empty() && self.products.is_empty()
    }

    /// The number of counters.
    #[must_use]
    pub fn len(&self) -> usize {
        self.categories.len() + self.products.len()
    }

    /// Moves about half of the counters to a message of its own. Of two or more, at least one is moved and one remains.
    #[must_use]
    pub fn split_off_half(&mut self) -> Self {
        let mut half = Self { user_id: self.user_id.clone(), ..Self::default() };
        match (self.categories.len(), self.products.len()) {
            (0, products) => half.products = split_off_from(&mut self.products, products / 2),
            (categories, 0) => half.categories = split_off_from(&mut self.categories, categories / 2),
            _ => half.products = std::mem::take(&mut self.products),
        }
        half
    }

    /// Shortens the message by this many bytes by cutting the names of products. At least one character of each
    /// remains. Category names are not cut, because they are keys, and short.
    pub fn shorten_names_by(&mut self, bytes: usize) {
        for counter in self.products.values_mut() {
            text::shorten_json(&mut counter.name, bytes);
        }
    }

    /// The message's JSON text.
    #[must_use]
    pub fn write(&self) -> String {
        let categories = self.categories.iter().map(|(name, counter)| {
            let Counter { name: category_name, order_cnt, version } = counter;
            (keys::category(name), Category { category_name, order_cnt: *order_cnt, version: *version })
        });
        let products = self.products.iter().map(|(id, counter)| {
            let Counter { name: product_name, order_cnt, version } = counter;
            (id.as_str(), Product { order_cnt: *order_cnt, product_name, version: *version })
        });
        let message =
            Message { categories: categories.collect(), products: products.collect(), user_id: &self.user_id };
        // Strings and numbers can always be serialized. If not, the reader would reject the text, so the error would be
        // noticed.
        serde_json::to_string(&message).unwrap_or_else(|error| error.to_string())
    }
}

/// The JSON of the message, with keys in alphabetical order.
#[derive(Serialize)]
struct Message<'a> {
    categories: BTreeMap<Uuid, Category<'a>>,
    products: BTreeMap<&'a str, Product<'a>>,
    user_id: &'a str,
}

#[derive(Serialize)]
struct Category<'a> {
    category_name: &'a str,
    order_cnt: i32,
    version: i64,
}

#[derive(Serialize)]
struct Product<'a> {
    order_cnt: i32,
    product_name: &'a str,
    version: i64,
}

fn split_off_from(counters: &mut BTreeMap<String, Counter>, at: usize) -> BTreeMap<String, Counter> {
    let key = counters.keys().nth(at).cloned();
    key.map(|key| counters.split_off(&key)).unwrap_or_default()
}

/// Parses the value of a record that was written at `written_at` (milliseconds since the Unix epoch). This time
/// replaces an absent version of a counter.
///
/// # Errors
/// [`Unusable::Ignored`] for service messages and tombstones, [`Unusable::Malformed`] for counters that cannot be
/// parsed.
pub fn read(value: Option<&[u8]>, written_at: Option<i64>) -> Result<Counters, Unusable> {
    let document = document::parse(value)?;
    if document.get("object_type").is_some_and(|kind| *kind != Node::Null) {
        return Err(Unusable::Ignored("other-type"));
    }
    text::check_nul(value.unwrap_or_default())?;
    let top = Fields::top(&document);
    // A record from before 1970 is older than all others, because versions below 0 are not allowed.
    let fallback = written_at.unwrap_or_default().saturating_mul(1000).max(0);

    let mut counters = Counters { user_id: top.id("user_id")?.to_owned(), ..Counters::default() };
    for (_, fields) in top.entries("categories")? {
        let counter = read_counter(&fields, "category_name", fallback)?;
        let counter = Counter { name: cut_category(&counter.name).to_owned(), ..counter };
        // The name identifies the category, not the key. Two keys with the same name are the same category.
        let newest = counters.categories.entry(counter.name.clone()).or_insert_with(|| counter.clone());
        if newest.version < counter.version {
            *newest = counter;
        }
    }
    for (id, fields) in top.entries("products")? {
        check_product_id(id)?;
        counters.products.insert(id.to_owned(), read_counter(&fields, "product_name", fallback)?);
    }
    Ok(counters)
}

fn read_counter(fields: &Fields<'_>, label: &str, fallback: i64) -> Result<Counter, Malformed> {
    Ok(Counter {
        name: fields.name(label)?.to_owned(),
        order_cnt: fields.count("order_cnt")?,
        version: fields.optional_integer("version", 0)?.unwrap_or(fallback),
    })
}

/// Checks the id of a product, which is a key of the object, where [`Fields::id`] does not look.
fn check_product_id(id: &str) -> Result<(), Malformed> {
    let wrapped = Object::new(vec![("products key".into(), Node::Text(id.into()))]);
    Fields::top(&wrapped).id("products key").map(drop)
}
