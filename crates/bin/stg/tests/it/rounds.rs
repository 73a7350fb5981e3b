//! Tests of background rounds: which parked orders are retried, when, and by which replica.

use std::time::UNIX_EPOCH;

use consumer::{Outcome, Processor};
use database::Statement;
use serde_json::{Value, json};

use crate::fixture::{Fixture, RESTAURANT, Setting, USER, USUAL, YES, ids, record, rounds, sent, store};

/// Orders exceed the maximum parking time at once, so that a test need not wait.
const AT_ONCE: Setting = Setting { park_max_age: "0s", ..USUAL };

#[tokio::test]
async fn parked_orders_are_shared_among_replicas() -> anyhow::Result<()> {
    let fixture = Fixture::with_names().await?;
    let (mut one, mut other) = (fixture.processor(USUAL).await?, fixture.processor(USUAL).await?);
    let records: Vec<_> = (1..=40).map(|id| record(id, 0, "late", RESTAURANT, &[])).collect();
    store(&mut one, &records).await?;
    fixture.name_user("late").await?;

    // Another transaction has locked the first ten; a replica takes others without waiting.
    let holder = fixture.database.begin_batch().await?;
    let hold = Statement { name: "test", sql: "SELECT id FROM stg.order_events WHERE object_id <= 10 FOR UPDATE" };
    holder.query(&hold, []).await?;
    let first = one.poll_outbox(10).await?;
    assert_eq!(ids(&sent(&first)?), (11..=20).collect::<Vec<_>>());
    // A replica does not send messages that another has handed out and not yet marked.
    let second = other.poll_outbox(10).await?;
    assert_eq!(ids(&sent(&second)?), (21..=30).collect::<Vec<_>>());
    one.mark_sent().await?;
    other.mark_sent().await?;
    holder.commit().await?;
    assert_eq!(ids(&rounds(&mut other).await?), (1..=10).chain(31..=40).collect::<Vec<_>>());
    assert_eq!(rounds(&mut one).await?, Vec::<Value>::new());
    Ok(())
}

#[tokio::test]
async fn an_unreadable_parked_order_does_not_delay_the_others() -> anyhow::Result<()> {
    let fixture = Fixture::with_names().await?;
    let mut processor = fixture.processor(AT_ONCE).await?;
    let records: Vec<_> = (1..=30).map(|id| record(id, 0, USER, RESTAURANT, &["pie"])).collect();
    store(&mut processor, &records).await?;
    fixture.sql("UPDATE stg.order_events SET payload = '{}' WHERE object_id <= 20").await?;
    let mut all = Vec::new();
    for _ in 0..3 {
        all.extend(sent(&processor.poll_outbox(10).await?)?);
        processor.mark_sent().await?;
    }
    assert_eq!(ids(&all), (21..=30).collect::<Vec<_>>());
    let listed = fixture.listed().await?;
    assert_eq!(listed[0]["waits_for"], json!([{"kind": "payload", "id": "missing-field"}]));
    assert!(!processor.poll_outbox(10).await?.more, "they are looked at no more");

    // Until it is released, or a newer event comes.
    let payload = "UPDATE stg.order_events SET payload = (SELECT payload FROM stg.order_events WHERE object_id = 30)
                   WHERE object_id = 1";
    fixture.sql(payload).await?;
    let release = stg::parked::Release { orders: vec![1, 2], confirmation: YES, ..Default::default() };
    fixture.release(release).await?.1?;
    assert_eq!(ids(&rounds(&mut processor).await?), [1]);
    assert_eq!(fixture.listed().await?[0]["released"], json!(false), "a release that does not help is for one look");
    store(&mut processor, &[record(2, 1, USER, RESTAURANT, &[])]).await?;
    assert_eq!(fixture.listed().await?.len(), 18);
    Ok(())
}

#[tokio::test]
async fn an_order_over_the_message_limit_stays_parked_with_kind_room() -> anyhow::Result<()> {
    let fixture = Fixture::with_names().await?;
    let mut narrow = fixture.processor(Setting { max_message_bytes: 1000, ..USUAL }).await?;
    let products: Vec<String> = (0..20).map(|number| format!("dish {number:02}")).collect();
    let products: Vec<&str> = products.iter().map(String::as_str).collect();
    store(&mut narrow, &[record(1, 0, "late", RESTAURANT, &products), record(2, 0, "late", RESTAURANT, &[])]).await?;
    fixture.name_user("late").await?;
    fixture.name_restaurant(RESTAURANT, &products).await?;
    let mut narrow = fixture.processor(Setting { max_message_bytes: 1000, ..USUAL }).await?;
    assert_eq!(ids(&rounds(&mut narrow).await?), [2]);
    let listed = fixture.listed().await?;
    assert_eq!(listed[0]["waits_for"][0]["kind"], "room");
    let table = fixture.list(stg::parked::List::default()).await?;
    assert!(table.contains("raise its max.message.bytes"), "{table}");
    assert_eq!(rounds(&mut narrow).await?, Vec::<Value>::new());

    fixture.release(stg::parked::Release { orders: vec![1], confirmation: YES, ..Default::default() }).await?.1?;
    assert_eq!(ids(&rounds(&mut fixture.processor(USUAL).await?).await?), [1], "there is room now");
    Ok(())
}

#[tokio::test]
async fn a_name_that_is_removed_again_does_not_delay_the_others() -> anyhow::Result<()> {
    let fixture = Fixture::with_names().await?;
    let mut processor = fixture.processor(USUAL).await?;
    let of = |user: &'static str, ids: std::ops::RangeInclusive<i64>| -> Vec<_> {
        ids.map(|id| record(id, 0, user, RESTAURANT, &[])).collect()
    };
    store(&mut processor, &of("a", 1..=10)).await?;
    store(&mut processor, &of("b", 11..=20)).await?;
    fixture.name_user("a").await?;
    fixture.name_user("b").await?;
    assert_eq!(ids(&sent(&processor.poll_outbox(5).await?)?), [1, 2, 3, 4, 5]);
    processor.mark_sent().await?;
    // Another replica with an empty cache has looked up the name; then the name is removed.
    fixture.forget("a").await?;
    let mut other = fixture.processor(USUAL).await?;
    assert_eq!(ids(&rounds(&mut other).await?), (11..=20).collect::<Vec<_>>());
    fixture.name_user("a").await?;
    assert_eq!(ids(&rounds(&mut other).await?), [6, 7, 8, 9, 10]);
    Ok(())
}

#[tokio::test]
async fn unusable_values_count_as_missing_names() -> anyhow::Result<()> {
    let fixture = Fixture::set().await?;
    let mut processor = fixture.processor(USUAL).await?;
    // The same id is used for a user and a restaurant; a value is at most one of them.
    store(&mut processor, &[record(1, 0, "both", "both", &["pie"]), record(2, 0, "u", "r", &["pie"])]).await?;
    let product = |category: &str| json!([{"_id": "pie", "name": "Пирог", "category": category}]);
    let huge = json!({"name": "Р", "menu": product("Пироги"), "filling": "x".repeat(5 << 20)}).to_string();
    for (user, restaurant) in [
        ("", ""),
        ("{", "not json"),
        ("[]", "7"),
        (r#"{"name": " "}"#, r#"{"menu": []}"#),
        (r#"{"name": "Р", "menu": []}"#, r#"{"name": "Анна"}"#),
        (r#"{"name": "Анна"}"#, huge.as_str()),
        (r#"{"name": "Анна"}"#, &json!({"name": "Р", "menu": product("")}).to_string()),
        (r#"{"name": "Анна"}"#, &json!({"name": "Р", "menu": product(" \u{a0}")}).to_string()),
    ] {
        fixture.put("u", user).await?;
        fixture.put("r", restaurant).await?;
        fixture.put("both", restaurant).await?;
        let mut processor = fixture.processor(USUAL).await?;
        assert_eq!(rounds(&mut processor).await?, Vec::<Value>::new(), "{user} {restaurant:.80}");
    }
    fixture.put("r", &json!({"name": "Р", "menu": product("Пироги")}).to_string()).await?;
    assert_eq!(ids(&rounds(&mut fixture.processor(USUAL).await?).await?), [2]);
    let left = fixture.listed().await?;
    assert_eq!((left.len(), &left[0]["waits_for"][0]["kind"]), (1, &json!("user")));
    Ok(())
}

#[tokio::test]
async fn the_wait_for_products_ends_and_that_for_users_does_not() -> anyhow::Result<()> {
    let fixture = Fixture::with_names().await?;
    let mut patient = fixture.processor(USUAL).await?;
    let records = [record(1, 0, "nobody", RESTAURANT, &["pie"]), record(2, 0, USER, RESTAURANT, &["pie"])];
    store(&mut patient, &records).await?;
    assert_eq!(rounds(&mut patient).await?, Vec::<Value>::new());
    let mut hasty = fixture.processor(AT_ONCE).await?;
    assert_eq!(ids(&rounds(&mut hasty).await?), [2]);
    fixture.name_user("nobody").await?;
    let sent = rounds(&mut hasty).await?;
    assert_eq!(sent[0]["payload"]["products"][0]["category"], "Без категории", "it has waited for its product, too");
    Ok(())
}

#[tokio::test]
async fn a_parked_order_is_replaced_only_by_a_newer_event() -> anyhow::Result<()> {
    let fixture = Fixture::with_names().await?;
    let mut processor = fixture.processor(USUAL).await?;
    let rows = "SELECT concat_ws('|', object_id, version, parked_at, payload, unsent) FROM stg.order_events";
    store(&mut processor, &[record(1, 5, USER, RESTAURANT, &["pie"])]).await?;
    let before = fixture.sql(rows).await?;
    let again = [record(1, 5, USER, RESTAURANT, &["pie"]), record(1, 4, USER, RESTAURANT, &[])];
    assert_eq!(store(&mut processor, &again).await?, [Outcome::Unchanged, Outcome::Stale]);
    assert_eq!(fixture.sql(rows).await?, before);
    assert_eq!(store(&mut processor, &[record(1, 6, USER, RESTAURANT, &[])]).await?, [Outcome::Stored]);
    fixture.name_restaurant(RESTAURANT, &["pie"]).await?;
    assert_eq!(rounds(&mut fixture.processor(USUAL).await?).await?, Vec::<Value>::new());
    Ok(())
}

#[tokio::test]
async fn metrics_have_kinds_and_parking_times() -> anyhow::Result<()> {
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let _recording = metrics::set_default_local_recorder(&recorder);
    let fixture = Fixture::with_names().await?;
    let mut processor = fixture.processor(USUAL).await?;
    let waiting = [
        record(1, 0, USER, RESTAURANT, &["pie", "cake"]),
        record(2, 0, "nobody", "nowhere", &[]),
        record(3, 0, "nobody", RESTAURANT, &[]),
    ];
    store(&mut processor, &waiting).await?;
    fixture.sql("UPDATE stg.missing_names SET parked_at = parked_at - interval '1 hour' WHERE object_id = 1").await?;
    fixture.release(stg::parked::Release { orders: vec![1], confirmation: YES, ..Default::default() }).await?.1?;
    processor.poll_outbox(0).await?; // which takes up nothing, and counts
    let page = recorder.handle().render();
    for line in [
        r#"tagmill_parked_orders{kind="dish"} 1"#,
        r#"tagmill_parked_orders{kind="restaurant"} 1"#,
        r#"tagmill_parked_orders{kind="user"} 1"#,
        r#"tagmill_parked_orders{kind="room"} 0"#,
        r#"tagmill_reference_misses{kind="dish"} 2"#,
        r#"tagmill_reference_misses{kind="user"} 1"#,
    ] {
        assert!(page.lines().any(|found| found == line), "{line} in\n{page}");
    }
    let series = r#"tagmill_oldest_parked_order_timestamp_seconds{kind="dish"} "#;
    let since: f64 = page.lines().find_map(|line| line.strip_prefix(series)).unwrap().parse()?;
    let age = runtime::clock::now().duration_since(UNIX_EPOCH)?.as_secs_f64() - since;
    assert!((3600.0..3700.0).contains(&age), "a released order has its age: {page}");
    assert!(page.contains(r#"tagmill_oldest_parked_order_timestamp_seconds{kind="room"} 0"#), "{page}");
    Ok(())
}
