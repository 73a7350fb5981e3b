//! Tests of the commands on parked orders: list, release, refusals.

use consumer::Outcome;
use runtime::{Confirmation, ExitError};
use serde_json::{Value, json};
use stg::{
    Stg,
    parked::{List, Release, Selection},
    transform::Kind,
};

use crate::fixture::{Fixture, RESTAURANT, USER, USUAL, YES, record, round, store};

const PRODUCT: &str = "6276e8cd0cf48b4cded00878";

/// Stores an order of a product that is on no menu, so that it is parked.
async fn park(processor: &mut Stg, object_id: i64, user: &str) -> anyhow::Result<()> {
    let outcomes = store(processor, &[record(object_id, 0, user, RESTAURANT, &[PRODUCT])]).await?;
    assert_eq!(outcomes, [Outcome::Deferred]);
    Ok(())
}

fn named(orders: &[i64]) -> Release {
    Release { orders: orders.to_vec(), confirmation: YES, ..Release::default() }
}

fn all() -> Release {
    Release { all: true, confirmation: YES, ..Release::default() }
}

#[tokio::test]
async fn a_released_order_that_waits_for_a_product_is_published() -> anyhow::Result<()> {
    let fixture = Fixture::with_names().await?;
    let mut processor = fixture.processor(USUAL).await?;
    assert_eq!(fixture.list(List::default()).await?, "no order is parked\n");
    park(&mut processor, 1, USER).await?;
    assert_eq!(round(&mut processor).await?, Vec::<Value>::new(), "it waits");
    let listed = fixture.listed().await?.remove(0);
    assert_eq!((&listed["object_id"], &listed["released"]), (&json!(1), &json!(false)));
    assert_eq!(listed["waits_for"], json!([{"kind": "dish", "id": PRODUCT, "restaurant_id": RESTAURANT}]));

    let dry = Release { confirmation: Confirmation { dry_run: true, yes: false }, ..named(&[1]) };
    assert_eq!(fixture.release(dry).await?.0, "would release 1\nnothing was changed\n");
    assert_eq!(round(&mut processor).await?, Vec::<Value>::new(), "it still waits");

    let (said, end) = fixture.release(named(&[1])).await?;
    assert_eq!(said, "released 1; the service sends them in its next round\n");
    end?;
    let table = fixture.list(List::default()).await?;
    assert!(table.contains("released") && !table.contains("Свежий"), "{table}");
    assert_eq!(fixture.listed().await?[0]["parked_at"], listed["parked_at"], "it has waited as long as before");

    let sent = round(&mut processor).await?;
    let product = &sent[0]["payload"]["products"][0];
    let name = format!("Свежий {PRODUCT}");
    assert_eq!((&product["name"], &product["category"]), (&json!(name), &json!("Без категории")));
    assert_eq!(fixture.list(List::default()).await?, "no order is parked\n");
    assert_eq!(round(&mut processor).await?, Vec::<Value>::new(), "it is sent once");
    Ok(())
}

#[tokio::test]
async fn a_newer_event_inherits_the_release_and_the_parking_time() -> anyhow::Result<()> {
    let fixture = Fixture::with_names().await?;
    let mut processor = fixture.processor(USUAL).await?;
    park(&mut processor, 1, USER).await?;
    let parked_at = fixture.listed().await?[0]["parked_at"].clone();
    fixture.release(named(&[1])).await?.1?;
    // A newer event in an unknown restaurant: even a released order waits for a restaurant.
    store(&mut processor, &[record(1, 1, USER, "another", &["pie"])]).await?;
    assert_eq!(round(&mut processor).await?, Vec::<Value>::new());
    let listed = fixture.listed().await?.remove(0);
    assert_eq!((&listed["parked_at"], &listed["released"]), (&parked_at, &json!(true)));
    assert_eq!(listed["waits_for"], json!([{"kind": "restaurant", "id": "another"}]));

    fixture.name_restaurant("another", &[]).await?;
    let sent = crate::fixture::rounds(&mut processor).await?;
    assert_eq!(sent[0]["payload"]["products"][0]["category"], "Без категории");

    // The release ends when the order is sent: the next event waits again.
    store(&mut processor, &[record(1, 2, USER, "another", &["cake"])]).await?;
    round(&mut processor).await?;
    let listed = fixture.listed().await?.remove(0);
    assert_eq!((&listed["released"], &listed["waits_for"][0]["id"]), (&json!(false), &json!("cake")));
    Ok(())
}

#[tokio::test]
async fn the_release_of_an_order_that_waits_for_a_user_is_rejected() -> anyhow::Result<()> {
    let fixture = Fixture::with_names().await?;
    let mut processor = fixture.processor(USUAL).await?;
    park(&mut processor, 1, USER).await?;
    park(&mut processor, 2, "nobody").await?;
    let (said, end) = fixture.release(named(&[1, 2, 9])).await?;
    let lines = [
        "order 2 stays parked: it waits for user nobody",
        "order 9 is not parked",
        "released 1; the service sends them in its next round",
    ];
    assert_eq!(said.lines().collect::<Vec<_>>(), lines);
    assert_eq!(
        end.unwrap_err().downcast::<ExitError>()?,
        ExitError::Unavailable("2 of 3 orders not released".to_owned())
    );
    assert_eq!(round(&mut processor).await?.len(), 1);
    let (_, end) = fixture.release(named(&[2])).await?;
    assert!(end.is_err());
    assert_eq!(round(&mut processor).await?, Vec::<Value>::new());
    Ok(())
}

#[tokio::test]
async fn all_releasable_orders_are_released_in_chunks() -> anyhow::Result<()> {
    let fixture = Fixture::with_names().await?;
    let mut processor = fixture.processor(USUAL).await?;
    let records: Vec<_> = (1..=2100).map(|id| record(id, 0, USER, RESTAURANT, &[PRODUCT])).collect();
    store(&mut processor, &records).await?;
    let strangers: Vec<_> = (3001..=3030).map(|id| record(id, 0, "nobody", RESTAURANT, &[PRODUCT])).collect();
    store(&mut processor, &strangers).await?;
    let (said, end) = fixture.release(all()).await?;
    end?;
    let last: Vec<&str> = said.lines().skip(20).collect();
    let expected = [
        "10 more stay parked: they wait for users or restaurants; see `parked list --by-name`",
        "released 2100; the service sends them in its next round",
    ];
    assert_eq!(last, expected, "{said}");
    assert_eq!(crate::fixture::rounds(&mut processor).await?.len(), 2100);
    assert_eq!(fixture.listed().await?.len(), 30);
    Ok(())
}

#[tokio::test]
async fn selected_orders_are_listed_and_released() -> anyhow::Result<()> {
    let fixture = Fixture::with_names().await?;
    let mut processor = fixture.processor(USUAL).await?;
    park(&mut processor, 1, USER).await?;
    park(&mut processor, 2, "nobody").await?;
    store(&mut processor, &[record(3, 0, USER, RESTAURANT, &["pie"]), record(4, 0, "nobody", "nowhere", &[])]).await?;
    fixture.sql("UPDATE stg.order_events SET parked_at = parked_at - interval '2 hours' WHERE object_id = 1").await?;
    fixture.sql("UPDATE stg.missing_names SET parked_at = parked_at - interval '2 hours' WHERE object_id = 1").await?;
    let ids = async |selection: Selection| -> anyhow::Result<Vec<i64>> {
        let text = fixture.list(List { json: true, selection, ..List::default() }).await?;
        let id = |line: &str| Ok(serde_json::from_str::<Value>(line)?["object_id"].as_i64().unwrap());
        text.lines().map(id).collect()
    };
    let of = |kind: Option<Kind>, id: Option<&str>, hours: Option<u64>| Selection {
        kind,
        id: id.map(str::to_owned),
        older_than: hours.map(|hours| std::time::Duration::from_secs(hours * 3600)),
    };
    assert_eq!(ids(of(None, None, None)).await?, [1, 2, 3, 4], "the longest parked first");
    assert_eq!(ids(of(Some(Kind::User), None, None)).await?, [2, 4]);
    assert_eq!(ids(of(None, Some(PRODUCT), None)).await?, [1]);
    assert_eq!(ids(of(None, Some(RESTAURANT), None)).await?, [1, 3], "whose products are missing");
    assert_eq!(ids(of(None, Some("4"), None)).await?, [4]);
    assert_eq!(ids(of(None, None, Some(1))).await?, [1]);
    assert_eq!(ids(of(Some(Kind::User), Some(PRODUCT), None)).await?, Vec::<i64>::new());

    let by_name = fixture.list(List { json: true, by_name: true, ..List::default() }).await?;
    let first: Value = serde_json::from_str(by_name.lines().next().unwrap())?;
    assert_eq!((&first["kind"], &first["id"], &first["orders"]), (&json!("user"), &json!("nobody"), &json!(2)));
    let table = fixture.list(List { by_name: true, limit: Some(2), ..List::default() }).await?;
    assert!(table.contains("│ user nobody"), "{table}");
    let total = "the first 2; parked orders: 4 (dish 2, restaurant 1, user 1)\n";
    assert!(table.ends_with(total), "an order is counted once: {table}");
    assert!(table.contains("\nuser: Redis must hold the user under this id"), "{table}");

    let (said, _) = fixture.release(Release { selection: of(None, Some("pie"), None), ..all() }).await?;
    assert_eq!(said, "released 1; the service sends them in its next round\n");
    assert_eq!(crate::fixture::ids(&round(&mut processor).await?), [3]);
    Ok(())
}

#[tokio::test]
async fn the_commands_need_only_the_database_and_set_the_exit_code() -> anyhow::Result<()> {
    let fixture = Fixture::with_names().await?;
    let mut processor = fixture.processor(USUAL).await?;
    park(&mut processor, 1, "nobody").await?;
    for (line, code, said) in [
        ("parked list", 0, "user nobody"),
        ("parked list --json", 0, r#""waits_for":[{"kind":"user","id":"nobody"}]"#),
        ("parked list --by-name --json", 0, r#"{"kind":"user","id":"nobody","orders":1,"#),
        ("parked list --limit 1 --older-than 0s", 0, "user nobody"),
        ("parked list --kind room", 0, "no order is parked that matches\n"),
        ("parked list --kind waiter", 64, "`waiter` is not one of dish, payload, restaurant, room, user"),
        ("parked list --older-than old", 64, "`old` is not a duration"),
        ("parked release --all --yes", 0, "order 1 stays parked: it waits for user nobody\nreleased none\n"),
        ("parked release --all --dry-run", 0, "would release 0\nnothing was changed\n"),
        ("parked release --all", 64, "stg-service: this cannot be undone, and standard input is not a terminal;"),
        ("parked release 1 --dry-run", 69, "\nnothing was changed\nstg-service: 1 of 1 orders not released\n"),
        ("parked release 1 -y", 69, "\nstg-service: 1 of 1 orders not released\n"),
        ("parked release", 64, "stg-service: <ORDER_ID>... is missing; see `stg-service parked release --help`\n"),
        ("parked release one", 64, "stg-service: ORDER_ID: `one` is not the id of an order; write a whole number\n"),
        ("dead-letters list", 64, "stg-service: KAFKA_BOOTSTRAP_SERVERS is not set; see `--help`\n"),
        ("--help", 0, "\n  parked "),
    ] {
        let (ended, text) = fixture.run(&line.split(' ').collect::<Vec<_>>()).await?;
        assert_eq!(ended, Some(code), "{line}: {text}");
        assert!(text.contains(said), "{line}: {text}");
    }
    Ok(())
}

/// Values in Redis under the id of a user, and the reason in the list.
const USERS: [(&str, &[&str], &str, &str); 7] = [
    ("HSET", &["of-hash", "name", "Анна"], "wrong-type", "Redis holds a hash, not a string"),
    ("RPUSH", &["of-list", "Анна"], "wrong-type", "Redis holds a list, not a string"),
    ("SADD", &["of-set", "Анна"], "wrong-type", "Redis holds a set, not a string"),
    ("SET", &["of-text", "Анна"], "not-json", "Redis holds a string that is not a JSON object"),
    ("SET", &["of-blank", r#"{"name": " "}"#], "no-name", "Redis holds an object without a name"),
    ("SET", &["of-empty", ""], "not-json", "Redis holds an empty string"),
    ("SET", &["of-menu", r#"{"name": "Р", "menu": []}"#], "other-kind", "Redis holds the other kind: "),
];

#[tokio::test]
async fn the_list_shows_why_a_name_is_missing() -> anyhow::Result<()> {
    let fixture = Fixture::with_names().await?;
    let menu = json!([{"_id": "pie", "name": "Пирог"}, {"_id": "tea", "name": "Чай", "category": "Напитки"}]);
    fixture.put(RESTAURANT, &json!({"name": "Кофейня", "menu": menu}).to_string()).await?;
    let mut processor = fixture.processor(USUAL).await?;
    let large = format!(r#"{{"name": "Анна", "x": "{}"}}"#, "x".repeat(reference::LARGEST_VALUE));
    fixture.put("of-large", &large).await?;
    let mut expected = vec![
        ("user".to_owned(), "of-large".to_owned(), "too-large", "Redis holds a value of more than 4 MiB"),
        ("user".to_owned(), "nobody".to_owned(), "absent", "Redis holds nothing under this id"),
        ("restaurant".to_owned(), "nowhere".to_owned(), "absent", "Redis holds nothing under this id"),
        ("dish".to_owned(), "pie".to_owned(), "no-category", "the menu in Redis has it without a category"),
        ("dish".to_owned(), "cake".to_owned(), "not-on-menu", "the menu in Redis does not have it"),
    ];
    for (command, arguments, reason, detail) in USERS {
        fixture.redis(command, arguments).await?;
        expected.push(("user".to_owned(), arguments[0].to_owned(), reason, detail));
    }
    let mut records = vec![
        record(1, 0, USER, "nowhere", &["tea"]),
        record(2, 0, USER, RESTAURANT, &["pie"]),
        record(3, 0, USER, RESTAURANT, &["cake"]),
    ];
    for (number, (kind, id, ..)) in (10..).zip(&expected) {
        if kind == "user" {
            records.push(record(number, 0, id, RESTAURANT, &["tea"]));
        }
    }
    store(&mut processor, &records).await?;

    let json = List { json: true, by_name: true, ..List::default() };
    let text = fixture.list_with_reasons(json).await?;
    let found: Vec<Value> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    assert_eq!(found.len(), expected.len(), "{text}");
    for (kind, id, reason, detail) in &expected {
        let line = found.iter().find(|line| line["kind"] == **kind && line["id"] == **id);
        let line = line.unwrap_or_else(|| panic!("{kind} {id} is not listed: {text}"));
        assert_eq!(line["reason"], *reason, "{line}");
        assert!(line["detail"].as_str().unwrap().starts_with(detail), "{line}");
    }
    let orders = fixture.list_with_reasons(List { json: true, ..List::default() }).await?;
    assert!(
        orders.contains(r#""id":"of-hash","reason":"wrong-type","detail":"Redis holds a hash, not a string""#),
        "{orders}"
    );
    let table = fixture.list_with_reasons(List { by_name: true, ..List::default() }).await?;
    assert!(table.replace(['\n', '│', ' '], "").contains("userof-hash:Redisholdsahash,notastring"), "{table}");
    // Names added in the meantime are reported as present.
    fixture.name_user("nobody").await?;
    let text = fixture.list_with_reasons(List { json: true, by_name: true, ..List::default() }).await?;
    let line = text.lines().find(|line| line.contains("nobody")).unwrap();
    assert!(line.contains(r#""reason":"present""#), "{line}");
    Ok(())
}

/// Without Redis, or without its setting, the list has no reasons.
#[tokio::test]
async fn without_redis_the_list_has_no_reasons() -> anyhow::Result<()> {
    let fixture = Fixture::with_names().await?;
    let mut processor = fixture.processor(USUAL).await?;
    park(&mut processor, 1, "nobody").await?;
    let names = reference::ReferenceStore::connect(&reference::Settings::from_url("redis://127.0.0.1:1", None)?);
    for names in [None, Some(&names)] {
        let mut out = Vec::new();
        List { json: true, ..List::default() }.run(&fixture.database, names, crate::fixture::now(), &mut out).await?;
        let line: Value = serde_json::from_slice(&out)?;
        assert_eq!(line["waits_for"], json!([{"kind": "user", "id": "nobody"}]));
    }
    Ok(())
}
