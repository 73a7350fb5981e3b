//! Tests of the outcome of an event, and of its message.

use consumer::{Message, Outcome};
use orders::Event;
use reference::Lookup;

use crate::{
    story::{Redis, at, noon, order},
    table::Table,
};

fn labels(outcomes: &[Outcome]) -> Vec<&str> {
    let label = |outcome: &Outcome| match outcome {
        Outcome::DeadLetter(rejection) => rejection.reason,
        other => other.label(),
    };
    outcomes.iter().map(label).collect()
}

fn everything() -> Lookup {
    Redis::of_user("u").and_user("v", "Анна").and_products(&[("tea", Some("Чай")), ("roll", Some("Роллы"))]).lookup()
}

fn version(message: &Message) -> String {
    let order = orders::enriched::read(Some(&message.value), None).unwrap();
    order.sent_at.to_string()[14..16].to_owned()
}

#[test]
fn versions_of_one_batch_are_applied_in_sequence() {
    let batch: Vec<Event> = [3, 1, 3, 5, 5, 4].map(|minute| order(1, minute, "u", &["tea"])).into();
    let mut table = Table::default();
    let changes = table.store(&batch, &everything(), noon());
    let expected = ["stored", "stale", "unchanged", "stored", "unchanged", "stale"];
    assert_eq!(labels(&changes.outcomes), expected);
    assert_eq!(changes.messages.iter().map(version).collect::<Vec<_>>(), ["03", "03", "05", "05"]);
    assert_eq!(changes.new.len(), 1, "an order that is new stays new within its batch");
    assert!(changes.changed.is_empty());
    assert_eq!(table.stored_order[&1].version, batch[3].version);
}

#[test]
fn the_message_has_the_user_as_its_key_and_names_from_the_menu() {
    let changes = Table::default().store(&[order(1, 0, "u", &["roll"])], &everything(), at(7));
    let [message] = changes.messages.as_slice() else { panic!("{:?}", changes.messages) };
    assert_eq!(message.key, "u");
    let sent = orders::enriched::read(Some(&message.value), None).unwrap();
    assert_eq!((sent.products[0].name.as_str(), sent.products[0].category.as_str()), ("roll of the menu", "Роллы"));
    assert_eq!((sent.restaurant.name.as_str(), sent.user.name.as_str()), ("Кофейня №1", "Котова Ольга"));
    assert_eq!(sent.enriched_at, at(7));
    assert_eq!(changes.new[&1].stored_order.enriched.as_deref().map(str::as_bytes), Some(message.value.as_slice()));
}

#[test]
fn an_equal_event_publishes_the_stored_bytes_regardless_of_redis() {
    let event = order(1, 0, "u", &["tea"]);
    let mut table = Table::default();
    let first = table.store(std::slice::from_ref(&event), &everything(), at(1)).messages;
    let renamed = Redis::default().and_user("u", "Другая").and_products(&[("tea", Some("Напитки"))]).lookup();
    for lookup in [renamed, Lookup::default()] {
        let again = table.store(std::slice::from_ref(&event), &lookup, at(9));
        assert_eq!(labels(&again.outcomes), ["unchanged"]);
        assert_eq!(again.messages, first);
        assert!(again.new.is_empty() && again.changed.is_empty());
    }
}

#[test]
fn an_older_event_writes_and_publishes_nothing() {
    let mut table = Table::default();
    table.store(&[order(1, 5, "u", &["tea"])], &everything(), noon());
    let changes = table.store(&[order(1, 4, "u", &["roll"])], &everything(), noon());
    assert_eq!(labels(&changes.outcomes), ["stale"]);
    assert!(changes.messages.is_empty() && changes.new.is_empty() && changes.changed.is_empty());
}

#[test]
fn a_parked_order_is_stored_and_not_published() {
    let mut table = Table::default();
    let event = order(1, 0, "nobody", &["tea"]);
    let changes = table.store(std::slice::from_ref(&event), &everything(), at(3));
    assert_eq!(labels(&changes.outcomes), ["deferred"]);
    assert!(changes.messages.is_empty());
    assert_eq!(changes.new[&1].payload, event.payload);
    assert_eq!((&table.stored_order[&1].enriched, table.stored_order[&1].parked_at), (&None, Some(at(3))));

    let again = table.store(&[event], &everything(), at(4));
    assert_eq!(labels(&again.outcomes), ["unchanged"]);
    assert!(again.messages.is_empty());
}

#[test]
fn a_newer_event_of_a_parked_order_keeps_its_place_in_the_queue() {
    let mut table = Table::default();
    table.store(&[order(1, 0, "u", &["cake"])], &everything(), at(3));
    let changes = table.store(&[order(1, 1, "u", &["pie"])], &everything(), at(8));
    assert_eq!(labels(&changes.outcomes), ["deferred"]);
    assert_eq!(table.stored_order[&1].parked_at, Some(at(3)), "it has waited since its first event");
    let missing: Vec<_> = changes.changed[&1].missing.iter().map(|name| name.id.as_str()).collect();
    assert_eq!(missing, ["pie"]);

    let changes = table.store(&[order(1, 2, "u", &["tea"])], &everything(), at(9));
    assert_eq!(labels(&changes.outcomes), ["stored"]);
    assert_eq!(changes.messages.len(), 1);
    assert_eq!(table.stored_order[&1].parked_at, None);
    assert!(changes.changed[&1].missing.is_empty());
}

#[test]
fn an_unsent_message_is_kept_when_a_newer_event_is_parked() {
    let (complete, parks) = (order(1, 0, "u", &["tea"]), order(1, 1, "u", &["cake"]));
    let mut apart = Table::default();
    let first = apart.store(std::slice::from_ref(&complete), &everything(), at(1)).messages;
    let changes = apart.store(std::slice::from_ref(&parks), &everything(), at(2));
    assert_eq!(labels(&changes.outcomes), ["deferred"]);
    assert_eq!(apart.stored_order[&1].parked_at, Some(at(2)));
    assert_eq!(apart.stored_order[&1].enriched.as_deref().map(str::as_bytes), Some(first[0].value.as_slice()));
    assert!(changes.changed[&1].publish_without_offset && changes.messages.is_empty());

    // In one batch: a crash before publishing leaves a stale event and a parked one.
    let mut together = Table::default();
    let changes = together.store(&[complete.clone(), parks.clone()], &everything(), at(1));
    assert_eq!(labels(&changes.outcomes), ["stored", "deferred"]);
    assert!(changes.new[&1].publish_without_offset);
    let replay = together.store(&[complete, parks], &everything(), at(3));
    assert_eq!(labels(&replay.outcomes), ["stale", "unchanged"]);
    assert_eq!(replay.messages, [], "the background round publishes the stored message");
    assert!(together.stored_order[&1].enriched.is_some());

    let alone = Table::default().store(&[order(2, 0, "u", &["cake"])], &everything(), at(1));
    assert!(!alone.new[&2].publish_without_offset, "there is nothing to send");
}

#[test]
fn an_order_keeps_its_first_user() {
    let (first, stolen) = (order(1, 0, "u", &["tea"]), order(1, 9, "v", &["tea"]));
    let mut table = Table::default();
    let changes = table.store(&[first, stolen.clone(), order(2, 0, "v", &["tea"])], &everything(), noon());
    assert_eq!(labels(&changes.outcomes), ["stored", "user-changed", "stored"]);
    let before = table.clone();
    assert_eq!(labels(&table.store(&[stolen], &everything(), noon()).outcomes), ["user-changed"]);
    assert_eq!(table, before);

    let mut parked = Table::default();
    parked.store(&[order(1, 0, "nobody", &[])], &everything(), noon());
    let changes = parked.store(&[order(1, 1, "u", &[])], &everything(), noon());
    assert_eq!(labels(&changes.outcomes), ["user-changed"], "a parked order has a user, too");
}

#[test]
fn a_message_over_the_limit_is_rejected_before_anything_is_stored() {
    let (small, large) = (order(1, 0, "u", &["tea"]), order(2, 0, "u", &["roll"; 9]));
    let size = |event: &Event| {
        let changes = Table::default().transform(std::slice::from_ref(event), &everything(), noon(), usize::MAX);
        changes.messages[0].value.len() + changes.messages[0].key.len()
    };
    let (limit, batch) = (size(&large) - 1, [large.clone(), small]);
    let changes = Table::default().transform(&batch, &everything(), noon(), limit);
    assert_eq!(labels(&changes.outcomes), ["too-large", "stored"]);
    assert_eq!(changes.new.keys().collect::<Vec<_>>(), [&1]);
    assert_eq!(changes.messages.len(), 1);

    let changes = Table::default().transform(&batch, &everything(), noon(), size(&large));
    assert_eq!(labels(&changes.outcomes), ["stored", "stored"], "as long as allowed is not too long");
}
