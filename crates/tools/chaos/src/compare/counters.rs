//! Expected counters and marts. A row with 0 means the same as no row: it may exist if an order ever contained the
//! product or category.

use std::collections::BTreeSet;

use workload::model::{Order, Truth};

use super::Wanted;
use super::tables::{self, Table};
use super::vault::key;

/// All tables with counts, with their required and permitted rows.
pub(super) fn wanted(truth: &Truth) -> Vec<(Table, Wanted)> {
    let nameless = String::new();
    let name = |product: &String| truth.product_names.get(product).unwrap_or(&nameless);
    let (mut products, mut categories) = (Wanted::default(), Wanted::default());
    let (mut product_mart, mut category_mart) = (Wanted::default(), Wanted::default());
    for ((user, product), count) in &truth.products {
        let value = format!("{count}|{}", name(product));
        product_mart.must.insert(format!("{user}|{}", key(product)), value.clone());
        products.must.insert(format!("{user}|{product}"), value);
    }
    for ((user, category), count) in &truth.categories {
        category_mart.must.insert(format!("{user}|{}", key(category)), format!("{count}|{category}"));
        categories.must.insert(format!("{user}|{category}"), count.to_string());
    }
    let mut users = Wanted::default();
    for Order { user, ever, .. } in truth.orders.values().filter(|order| !order.parked) {
        for product in ever {
            let Some(category) = truth.categories_of.get(product) else { continue };
            let none = format!("0|{}", name(product));
            product_mart.may.insert(format!("{user}|{}", key(product)), none.clone());
            products.may.insert(format!("{user}|{product}"), none);
            category_mart.may.insert(format!("{user}|{}", key(category)), format!("0|{category}"));
            categories.may.insert(format!("{user}|{category}"), "0".to_owned());
        }
        users.may.insert(user.clone(), key(user));
    }
    let counted: BTreeSet<_> = truth.products.keys().map(|(user, _)| user).collect();
    users.must.extend(counted.into_iter().map(|user| (user.clone(), key(user))));
    vec![
        (tables::PRODUCT_COUNTERS, products),
        (tables::CATEGORY_COUNTERS, categories),
        (tables::PRODUCT_MART, product_mart),
        (tables::CATEGORY_MART, category_mart),
        (tables::USERS, users),
    ]
}
