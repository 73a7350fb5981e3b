//! Property tests of the transformation: in any order of arrival, the newest event of each order is stored, and the
//! message of a version never changes.

use std::collections::HashMap;

use consumer::Outcome;
use orders::{Event, Version};
use proptest::{collection::vec, prelude::*, sample::select};

use crate::{
    story::{Redis, at, order},
    table::Table,
};

/// Orders whose products are on the menu, added later, or never added.
const PRODUCTS: &[&str] = &["tea", "late", "never"];

/// Events in any order, with repetitions, in batches.
fn batches() -> impl Strategy<Value = Vec<Vec<Event>>> {
    let products = vec(select(PRODUCTS), 0..2);
    let event = (0..4_i64, 0..6_u8, products)
        .prop_map(|(id, minute, products)| order(id, minute, if id % 2 == 0 { "u" } else { "v" }, &products));
    vec(event, 1..20).prop_flat_map(|events| {
        let again = vec(select(events.clone()), 0..10);
        let all = again.prop_map(move |again| [events.clone(), again].concat()).prop_shuffle();
        (all, 1..7_usize).prop_map(|(all, size)| all.chunks(size).map(<[Event]>::to_vec).collect())
    })
}

/// The content of Redis at batch `number`: other names each time, and one more product after a while.
fn redis(number: usize) -> Redis {
    let name = format!("Котова {number}");
    let redis = Redis::default().and_user("u", &name).and_user("v", &name).and_products(&[("tea", Some("Чай"))]);
    if number > 2 { redis.and_products(&[("late", Some("Торты"))]) } else { redis }
}

fn newest(batches: &[Vec<Event>]) -> HashMap<i64, Version> {
    let mut newest = HashMap::<i64, Version>::new();
    for event in batches.iter().flatten() {
        let version = newest.entry(event.object_id).or_insert_with(|| event.version.clone());
        *version = version.clone().max(event.version.clone());
    }
    newest
}

proptest! {
    #[test]
    fn the_newest_version_of_each_order_is_stored(batches in batches()) {
        let mut table = Table::default();
        for (number, batch) in batches.iter().enumerate() {
            table.store(batch, &redis(number).lookup(), at(30));
        }
        let stored_order: HashMap<_, _> = table.stored_order.iter().map(|(order, stored_order)| (*order, stored_order.version.clone())).collect();
        prop_assert_eq!(stored_order, newest(&batches));
        for stored_order in table.stored_order.values() {
            prop_assert!(stored_order.parked_at.is_some() || stored_order.enriched.is_some());
        }
    }

    #[test]
    fn a_version_is_always_published_in_the_same_bytes(batches in batches()) {
        let mut table = Table::default();
        let mut told = HashMap::new();
        for (number, batch) in batches.iter().chain(&batches).enumerate() {
            let changes = table.store(batch, &redis(number).lookup(), at(30));
            for message in changes.messages {
                let said = orders::enriched::read(Some(&message.value), None).unwrap();
                let first = told.entry((said.object_id, said.version)).or_insert_with(|| message.clone());
                prop_assert_eq!(&message, &*first);
            }
        }
    }

    #[test]
    fn a_replay_writes_nothing_and_publishes_the_stored_messages(batches in batches()) {
        let mut table = Table::default();
        for batch in &batches {
            table.store(batch, &redis(9).lookup(), at(30));
        }
        let before = table.clone();
        for batch in &batches {
            let changes = table.store(batch, &redis(10).lookup(), at(40));
            let unchanged = batch.iter().zip(&changes.outcomes).filter(|(_, outcome)| **outcome == Outcome::Unchanged);
            let stored_order = unchanged.map(|(event, _)| &before.stored_order[&event.object_id]).filter(|stored_order| stored_order.parked_at.is_none());
            let expected: Vec<_> = stored_order.filter_map(|stored_order| stored_order.enriched.clone()).collect();
            let told: Vec<_> =
                changes.messages.into_iter().map(|message| String::from_utf8(message.value).unwrap()).collect();
            prop_assert_eq!(told, expected);
            prop_assert!(changes.outcomes.iter().all(|it| matches!(it, Outcome::Unchanged | Outcome::Stale)));
        }
        prop_assert_eq!(table, before);
    }
}
