//! Tests of the generator: the same seed gives the same bytes, the services accept every order, the shares match the
//! options.

use std::collections::HashSet;

use proptest::prelude::*;
use serde_json::Value;
use workload::generator::mix::Mix;
use workload::generator::{Generator, Options};
use workload::source::Event;

fn events(options: &Options) -> Vec<Event> {
    Generator::new(options).collect()
}

fn orders(events: &[Event]) -> impl Iterator<Item = Value> {
    let values = events.iter().filter_map(|event| event.value.as_deref());
    values.map(|value| serde_json::from_slice::<Value>(value).unwrap()).filter(|value| value["object_type"] == "order")
}

fn is_time(value: &Value) -> bool {
    let text = value.as_str().unwrap();
    text.len() == 19 && text.as_bytes()[10] == b' ' && text.parse::<jiff::civil::DateTime>().is_ok()
}

fn is_id(value: &Value) -> bool {
    let text = value.as_str().unwrap();
    text.len() == 24 && text.bytes().all(|digit| digit.is_ascii_hexdigit())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_same_seed_gives_the_same_bytes(seed: u64, orders in 0..300_u64) {
        let options = Options { mix: Mix::dirty(), ..Options::new(seed, orders) };
        prop_assert_eq!(events(&options), events(&options));
        let objects = |options| Generator::new(options).reference().collect::<Vec<_>>();
        prop_assert_eq!(objects(&options), objects(&options));
    }

    #[test]
    fn another_seed_gives_other_orders(seed: u64) {
        prop_assert_ne!(events(&Options::new(seed, 20)), events(&Options::new(seed ^ 1, 20)));
    }

    #[test]
    fn every_order_is_complete_and_refers_to_known_things(seed: u64) {
        let options = Options::new(seed, 200);
        let known: Vec<_> = Generator::new(&options).reference().collect();
        let ids: HashSet<_> = known.iter().map(|object| object.id.as_str()).collect();
        prop_assert_eq!(ids.len(), known.len());
        let menus = known.iter().map(|object| object.json.as_str()).collect::<String>();
        for order in orders(&events(&options)) {
            prop_assert!(order["object_id"].as_u64().is_some() && is_time(&order["sent_dttm"]));
            let payload = &order["payload"];
            for id in [&payload["restaurant"]["id"], &payload["user"]["id"]] {
                prop_assert!(is_id(id) && ids.contains(id.as_str().unwrap()));
            }
            prop_assert!(is_time(&payload["date"]) && is_time(&payload["update_ts"]));
            let mut cost = 0.0;
            for item in payload["order_items"].as_array().unwrap() {
                prop_assert!(is_id(&item["id"]) && menus.contains(item["id"].as_str().unwrap()));
                prop_assert!(!item["name"].as_str().unwrap().is_empty());
                prop_assert!(item["quantity"].as_u64().unwrap() >= 1);
                cost += item["price"].as_f64().unwrap() * item["quantity"].as_f64().unwrap();
            }
            prop_assert_eq!(payload["cost"].as_f64().unwrap(), cost);
            let rest = cost - payload["bonus_payment"].as_f64().unwrap();
            prop_assert_eq!(payload["payment"].as_f64().unwrap(), rest);
            prop_assert_eq!(&payload["statuses"][0]["status"], &payload["final_status"]);
        }
    }

    #[test]
    fn clean_is_one_closed_event_an_order(seed: u64, count in 0..200_u64) {
        let options = Options { mix: Mix::clean(), ..Options::new(seed, count) };
        let events = events(&options);
        let ids: HashSet<_> = orders(&events).map(|order| order["object_id"].to_string()).collect();
        prop_assert_eq!(events.len() as u64, count);
        prop_assert_eq!(ids.len() as u64, count);
        prop_assert!(orders(&events).all(|order| order["payload"]["final_status"] == "CLOSED"));
    }
}

#[test]
fn the_shares_are_those_of_the_settings() {
    let options = Options { mix: Mix { broken: 0.01, ..Mix::default() }, ..Options::new(7, 20_000) };
    let mut generator = Generator::new(&options);
    let events = generator.by_ref().count() as u64;
    let counts = generator.counts();
    assert_eq!(counts.events, events);
    assert_eq!(counts.orders, 20_000);
    let near = |count: u64, share: f64| {
        let expected = share * 20_000.0;
        let off = (count as f64 - expected).abs();
        assert!(off < 5.0 * expected.sqrt(), "{count} instead of {expected}");
    };
    near(counts.cancelled, options.mix.cancelled);
    near(counts.repeated, options.mix.repeated);
    near(counts.late, options.mix.late);
    near(counts.changed, options.mix.changed);
    near(counts.service + counts.tombstones, options.mix.noise);
    near(counts.broken, options.mix.broken);
    near(counts.opened, options.mix.opened * (1.0 - options.mix.late));
    near(counts.withdrawn, options.mix.withdrawn * (1.0 - options.mix.cancelled));
    let lines = counts.lines as f64 / 20_000.0;
    assert!((3.3..3.7).contains(&lines), "{lines} lines an order");
}

#[test]
fn some_older_events_arrive_after_newer_ones() {
    let events = events(&Options::new(3, 2_000));
    let mut newest = std::collections::HashMap::new();
    let mut overtaken = 0;
    for order in orders(&events) {
        let updated = order["payload"]["update_ts"].as_str().unwrap().to_owned();
        let last = newest.entry(order["object_id"].to_string()).or_insert_with(|| updated.clone());
        overtaken += u32::from(updated < *last);
        *last = updated.max(last.clone());
    }
    assert!(overtaken > 10, "{overtaken} of 2000 orders were overtaken");
}

#[test]
fn some_users_order_far_more_than_others() {
    let options = Options { mix: Mix::clean(), ..Options::new(5, 10_000) };
    let mut counts = std::collections::HashMap::new();
    for order in orders(&events(&options)) {
        *counts.entry(order["payload"]["user"]["id"].to_string()).or_insert(0_u32) += 1;
    }
    let most = counts.values().max().copied().unwrap();
    let mean = 10_000 / u32::try_from(counts.len()).unwrap();
    assert!(most > 3 * mean, "the keenest orders {most} times, the mean is {mean}");
}
