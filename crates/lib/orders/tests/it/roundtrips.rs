//! Round trips: the next service parses each message as it was written.

use std::collections::BTreeMap;

use orders::{Counter, Counters, Enriched, Product, Restaurant, User, counters, enriched, event};
use proptest::{
    collection::{btree_map, vec},
    prelude::*,
};
use serde_json::json;

use crate::{
    samples::{self, with},
    values::{id, moment, name},
};

fn product() -> impl Strategy<Value = (Product, serde_json::Value)> {
    (id(), 0..10_000_000_u64, 1..=i64::MAX, name(), "[^\u{0}]{1,255}").prop_map(
        |(id, price, quantity, name, category)| {
            let price: serde_json::Number = format!("{}.{:05}", price / 100_000, price % 100_000).parse().unwrap();
            let item = json!({"id": id, "name": "x", "price": price, "quantity": quantity});
            let read = with(samples::event(), "/payload/order_items/0", item.clone()).to_string();
            let price = event::read(Some(read.as_bytes()), None).unwrap().items[0].price;
            (Product { id, price, quantity, name, category }, item)
        },
    )
}

prop_compose! {
    fn order()(
        object_id in 0..=i64::MAX, sent in moment(), updated in proptest::option::of(moment()),
        user in (id(), name(), ".{0,20}"), restaurant in (id(), name()), products in vec(product(), 0..5),
    ) -> Enriched {
        let (products, items): (Vec<_>, Vec<_>) = products.into_iter().unzip();
        let message = with(samples::event(), "/object_id", json!(object_id));
        let message = with(message, "/sent_dttm", json!(sent));
        let message = with(message, "/payload/update_ts", json!(updated));
        let message = with(message, "/payload/order_items", json!(items)).to_string();
        let event = event::read(Some(message.as_bytes()), None).unwrap();
        let (user_id, user_name, login) = user;
        let user = User { id: user_id, name: user_name, login: login.replace('\0', "") };
        let restaurant = Restaurant { id: restaurant.0, name: restaurant.1 };
        Enriched::new(&event, event.sent_at.next(), restaurant, user, products)
    }
}

fn counter() -> impl Strategy<Value = (i32, i64)> {
    (0..=i32::MAX, 0..=i64::MAX)
}

fn named(counters: BTreeMap<String, (i32, i64)>) -> BTreeMap<String, Counter> {
    let counters = counters.into_iter();
    counters.map(|(name, (order_cnt, version))| (name.clone(), Counter { name, order_cnt, version })).collect()
}

proptest! {
    #[test]
    fn an_enriched_order_survives_a_round_trip(order in order()) {
        let text = order.write().unwrap();
        prop_assert_eq!(enriched::read(Some(text.as_bytes()), None), Ok(order));
    }

    #[test]
    fn counters_of_a_user_survive_a_round_trip(
        user_id in id(),
        categories in btree_map("[^\u{0}]{1,255}", counter(), 0..5),
        products in btree_map(id(), counter(), 0..5),
    ) {
        let written = Counters { user_id, categories: named(categories), products: named(products) };
        prop_assert_eq!(counters::read(Some(written.write().as_bytes()), Some(5)), Ok(written));
    }

    #[test]
    fn split_counters_add_up_to_the_whole(
        categories in btree_map("[a-z]{1,3}", counter(), 0..6),
        products in btree_map("[a-z]{1,3}", counter(), 0..6),
    ) {
        let whole = Counters { user_id: "u".to_owned(), categories: named(categories), products: named(products) };
        let mut rest = whole.clone();
        let half = rest.split_off_half();
        prop_assert_eq!(rest.len() + half.len(), whole.len());
        prop_assert!(whole.len() < 2 || !(rest.is_empty() || half.is_empty()));
        let together = Counters {
            user_id: half.user_id,
            categories: rest.categories.into_iter().chain(half.categories).collect(),
            products: rest.products.into_iter().chain(half.products).collect(),
        };
        prop_assert_eq!(together, whole);
    }
}
