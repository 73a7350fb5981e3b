//! Tests of the model, on streams small enough to count by hand.

use proptest::prelude::*;
use serde_json::{Value, json};
use workload::generator::mix::Mix;
use workload::generator::{Generator, Options};
use workload::model::{Expected, ExpectedOutcome, Model};
use workload::source::{Event, Reference};

fn event(order: u64, user: &str, status: &str, updated: &str, items: &[&str]) -> Event {
    let items: Vec<Value> =
        items.iter().map(|id| json!({ "id": id, "name": "x", "price": 1, "quantity": 5 })).collect();
    let message = json!({
        "object_id": order, "object_type": "order", "sent_dttm": "2025-03-09 12:00:00",
        "payload": {
            "restaurant": { "id": "r" }, "user": { "id": user }, "date": "2025-03-02 11:20:05", "order_items": items,
            "cost": 1, "payment": 1, "statuses": [], "final_status": status, "update_ts": updated,
        },
    });
    Event { value: Some(message.to_string().into_bytes()) }
}

fn expected_rows(events: &[Event]) -> Expected {
    let restaurant = json!({ "_id": "r", "name": "R", "menu": [
        { "_id": "borsch", "name": "Борщ", "price": 1, "category": "Супы" },
        { "_id": "ukha", "name": "Уха", "price": 1, "category": "Супы" },
        { "_id": "kvas", "name": "Квас", "price": 1, "category": "Напитки" },
    ] });
    let mut model = Model::new([Reference::parse(restaurant.to_string()).unwrap()]);
    events.iter().for_each(|event| model.apply(event));
    model.expected()
}

fn pairs(counters: &workload::model::Counters) -> Vec<(&str, &str, u64)> {
    counters.iter().map(|((user, what), count)| (user.as_str(), what.as_str(), *count)).collect()
}

#[test]
fn an_order_counts_once_for_everything_in_it() {
    let expected = expected_rows(&[
        event(1, "u", "CLOSED", "2025-03-02 12:00:00", &["borsch", "ukha", "borsch"]),
        event(2, "u", "CLOSED", "2025-03-02 13:00:00", &["borsch", "kvas"]),
        event(3, "u", "CANCELLED", "2025-03-02 13:00:00", &["borsch"]),
        event(4, "v", "OPEN", "2025-03-02 13:00:00", &["borsch"]),
    ]);
    assert_eq!(pairs(&expected.products), [("u", "borsch", 2), ("u", "kvas", 1), ("u", "ukha", 1)]);
    assert_eq!(pairs(&expected.categories), [("u", "Напитки", 1), ("u", "Супы", 2)]);
    assert_eq!((expected.orders, expected.closed), (4, 2));
}

#[test]
fn the_newest_event_counts_whatever_zone_it_is_written_in() {
    let expected = expected_rows(&[
        event(1, "u", "CLOSED", "2025-03-02T13:00:00.5Z", &["ukha"]),
        event(1, "u", "CLOSED", "2025-03-02T15:59:00+03:00", &["borsch"]),
        event(1, "u", "OPEN", "2025-03-02 13:00:00", &["kvas"]),
    ]);
    assert_eq!(pairs(&expected.products), [("u", "ukha", 1)]);
}

#[test]
fn an_order_stays_with_its_first_user_and_noise_is_counted() {
    let expected = expected_rows(&[
        event(1, "u", "CLOSED", "2025-03-02 12:00:00", &["ukha"]),
        event(1, "v", "CANCELLED", "2025-03-02 13:00:00", &[]),
        Event { value: None },
        Event { value: Some(b"{\"object_type\":\"courier\"}".to_vec()) },
        Event { value: Some(b"{".to_vec()) },
    ]);
    assert_eq!(pairs(&expected.products), [("u", "ukha", 1)]);
    assert_eq!((expected.events, expected.skipped, expected.refused), (5, 2, 2));
}

#[test]
fn an_order_waits_for_its_names_and_has_no_effect_until_they_come() {
    let restaurant = json!({ "_id": "r", "name": "R", "menu": [
        { "_id": "ukha", "name": "УХА", "price": 1, "category": "Супы" },
    ] });
    let user = json!({ "_id": "u", "name": "Котова", "login": "kotova" });
    let mut model = Model::new([Reference::parse(restaurant.to_string()).unwrap()]);
    model.apply(&event(1, "u", "CLOSED", "2025-03-02 12:00:00", &["ukha", "ukha", "kvas"]));
    model.apply(&event(1, "u", "CLOSED", "2025-03-02 13:00:00", &["ukha", "ukha"]));
    let truth = model.truth();
    assert!(truth.orders[&1].parked && truth.products.is_empty() && truth.users.is_empty());

    model.learn(&Reference::parse(user.to_string()).unwrap());
    let truth = model.truth();
    let order = &truth.orders[&1];
    let (quantity, amount) = (order.lines["ukha"].quantity, order.lines["ukha"].amount.to_string());
    assert_eq!((order.parked, quantity, amount.as_str()), (false, 10, "10.00000"));
    assert_eq!(order.ever.iter().collect::<Vec<_>>(), ["kvas", "ukha"]);
    assert_eq!(pairs(&truth.products), [("u", "ukha", 1)]);
    assert_eq!((truth.product_names["ukha"].as_str(), truth.users["u"].login.as_str()), ("УХА", "kotova"));
}

#[test]
fn unusable_records_are_rejected() {
    let good = || serde_json::from_slice(&event(1, "u", "CLOSED", "2025-03-02 12:00:00", &["ukha"]).value.unwrap());
    let spoilt = |spoil: fn(&mut Value)| {
        let mut message = good().unwrap();
        spoil(&mut message);
        Model::default().expected_outcome(&Event { value: Some(message.to_string().into_bytes()) })
    };
    assert_eq!(spoilt(|_| {}), ExpectedOutcome::Accepted);
    assert_eq!(spoilt(|message| message["object_type"] = "courier".into()), ExpectedOutcome::Skipped);
    assert_eq!(spoilt(|message| message["payload"]["cost"] = (-1).into()), ExpectedOutcome::Refused);
    assert_eq!(spoilt(|message| message["payload"]["payment"] = "1".into()), ExpectedOutcome::Refused);
    assert_eq!(spoilt(|message| message["payload"]["user"]["id"] = "".into()), ExpectedOutcome::Refused);
    assert_eq!(spoilt(|message| message["payload"]["date"] = "yesterday".into()), ExpectedOutcome::Refused);
    assert_eq!(spoilt(|message| message["payload"]["order_items"][0]["quantity"] = 0.into()), ExpectedOutcome::Refused);
    assert_eq!(spoilt(|message| message["payload"]["order_items"][0]["name"] = "\0".into()), ExpectedOutcome::Refused);
}

#[test]
fn orders_that_change_their_user_are_rejected() {
    let mut generator = Generator::new(&Options { mix: Mix::hostile(), ..Options::new(3, 2_000) });
    let reference: Vec<_> = generator.reference().collect();
    let mut model = Model::new(reference);
    let outcomes: Vec<_> = generator.by_ref().map(|event| model.expected_outcome(&event)).collect();
    let counts = generator.counts();
    assert!(counts.reassigned > 10 && counts.broken > 40, "{counts:?}");
    let refused = outcomes.iter().filter(|outcome| **outcome == ExpectedOutcome::Refused).count() as u64;
    assert_eq!(refused, counts.broken + counts.reassigned);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn the_model_gives_the_expected_result_in_any_order(seed: u64) {
        let options = Options { mix: Mix::dirty(), ..Options::new(seed, 300) };
        let mut generator = Generator::new(&options);
        let reference: Vec<_> = generator.reference().collect();
        let mut events: Vec<_> = generator.by_ref().collect();
        let read = |events: &[Event]| {
            let mut model = Model::new(reference.clone());
            events.iter().for_each(|event| model.apply(event));
            model.expected()
        };
        let forwards = read(&events);
        events.reverse();
        prop_assert_eq!(&forwards, &read(&events));

        let counts = generator.counts();
        prop_assert_eq!(forwards.events, counts.events);
        prop_assert_eq!(forwards.orders, counts.orders);
        prop_assert_eq!(forwards.closed, counts.orders - counts.cancelled - counts.withdrawn);
        prop_assert_eq!(forwards.skipped, counts.service + counts.tombstones);
        prop_assert_eq!(forwards.refused, counts.broken);
    }
}
