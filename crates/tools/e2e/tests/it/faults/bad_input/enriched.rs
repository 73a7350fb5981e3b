//! Bad enriched orders for DDS.

use anyhow::Result;
use harness::{Layer, Pipeline};
use serde_json::{Value, json};

use super::{
    case::{ExpectedOutcome, Maker, Type},
    outcome, values,
};

const STORED: &str = "SELECT order_id FROM dds.h_order";

/// A version as STG makes them, up to its digest.
const VERSION: &str = "20260302120000000000-20260302120000000000-4-000001";

pub(super) fn good(number: u32) -> (Value, String) {
    let id = u64::from(number) + 1000;
    let at = "2026-03-02 12:00:00";
    let order = json!({
        "object_id": id, "object_type": "order", "sent_dttm": at, "enriched_at": at,
        "payload": {
            "id": id, "date": "2026-03-02 11:20:05", "cost": 300, "payment": 300, "status": "CLOSED", "update_ts": at,
            "version": format!("{VERSION}-{:040}", 7),
            "restaurant": {"id": "restaurant", "name": "Кофейня №1"},
            "user": {"id": "u", "name": "Котова Ольга Вениаминовна", "login": "kotova"},
            "products": [{"id": "tea", "price": 180, "quantity": 1, "name": "Чай", "category": "Напитки"}],
        },
    });
    (order, id.to_string())
}

#[tokio::test]
async fn missing_and_mistyped_fields_are_rejected() -> Result<()> {
    let mut maker = Maker::new(good);
    maker.required(&[
        ("/object_id", Type::Number),
        ("/payload", Type::Object),
        ("/payload/date", Type::Time),
        ("/payload/cost", Type::Number),
        ("/payload/payment", Type::Number),
        ("/payload/status", Type::Text),
        ("/payload/restaurant", Type::Object),
        ("/payload/restaurant/id", Type::Text),
        ("/payload/restaurant/name", Type::Text),
        ("/payload/user", Type::Object),
        ("/payload/user/id", Type::Text),
        ("/payload/user/name", Type::Text),
        ("/payload/products", Type::List),
        ("/payload/products/0/id", Type::Text),
        ("/payload/products/0/name", Type::Text),
        ("/payload/products/0/category", Type::Text),
        ("/payload/products/0/price", Type::Number),
        ("/payload/products/0/quantity", Type::Number),
    ]);
    maker.optional(&[
        ("/sent_dttm", Type::Time),
        ("/enriched_at", Type::Time),
        ("/payload/update_ts", Type::Time),
        ("/payload/version", Type::Text),
        ("/payload/user/login", Type::Text),
    ]);
    maker.rows(&[
        ("/payload/products", "[]", None),
        ("/payload/products/0", "null", Some("wrong-type")),
        ("/payload/user/name", "\"\"", Some("missing-field")),
        ("/payload/user/login", "\"\"", None),
        ("/payload/restaurant/name", "\"\"", Some("missing-field")),
        ("/payload/products/0/name", "\"\"", Some("missing-field")),
        ("/payload/products/0/category", "\"\"", Some("missing-field")),
        ("/payload/products/0/category", "\" \"", None),
        ("/payload/user/name", "[\"Котова Ольга Вениаминовна\"]", Some("wrong-type")),
    ]);
    check(maker).await
}

#[tokio::test]
async fn documents_that_are_not_orders_are_rejected_or_skipped() -> Result<()> {
    let mut maker = Maker::new(good);
    values::documents(&mut maker);
    maker.add("no type", Some("{\"name\": \"Котова\"}".into()), ExpectedOutcome::Skipped("untyped"));
    values::unknown_fields(&mut maker, &["", "/payload", "/payload/products/0", "/payload/user"]);
    let names =
        ["/payload/user/name", "/payload/user/login", "/payload/products/0/name", "/payload/products/0/category"];
    values::texts(&mut maker, &names);
    check(maker).await
}

#[tokio::test]
async fn numbers_versions_and_texts_at_their_limits_are_checked() -> Result<()> {
    let mut maker = Maker::new(good);
    maker.stored_as("/object_id", "9223372036854775807", "9223372036854775807");
    maker.exchanged("/object_id", "9223372036854775808", Some("out-of-range"));
    values::money(&mut maker, &["/payload/cost", "/payload/payment", "/payload/products/0/price"]);
    values::quantities(&mut maker, "/payload/products/0/quantity");
    let line = |quantity| json!({"id": "tea", "price": 0, "quantity": quantity, "name": "Чай", "category": "Напитки"});
    let two = json!([line(i64::MAX), line(1)]).to_string();
    maker.exchanged("/payload/products", &two, Some("out-of-range"));
    for version in
        ["", "9", VERSION, &format!("{VERSION}-{:039}", 7), &format!("{VERSION}-{:040}", 7).replace('2', "٢")]
    {
        maker.exchanged("/payload/version", &format!("\"{version}\""), Some("out-of-range"));
    }
    for letter in ["a", "ё", "💎"] {
        for place in ["/payload/restaurant/id", "/payload/user/id", "/payload/products/0/id"] {
            maker.exchanged(place, &format!("\"{}\"", letter.repeat(255)), None);
            maker.exchanged(place, &format!("\"{}\"", letter.repeat(256)), Some("out-of-range"));
        }
        for place in [
            "/payload/restaurant/name",
            "/payload/user/name",
            "/payload/user/login",
            "/payload/products/0/name",
            "/payload/products/0/category",
            "/payload/status",
        ] {
            maker.exchanged(place, &format!("\"{}\"", letter.repeat(10_000)), None);
        }
    }
    check(maker).await
}

#[tokio::test]
async fn times_are_accepted_or_rejected_by_their_format() -> Result<()> {
    let mut maker = Maker::new(good);
    for place in ["/sent_dttm", "/enriched_at", "/payload/date", "/payload/update_ts"] {
        values::times(&mut maker, place);
    }
    values::the_future(&mut maker, &["/sent_dttm", "/payload/date", "/payload/update_ts"]);
    values::the_end_of_time(&mut maker, &["/sent_dttm", "/enriched_at", "/payload/date"]);
    check(maker).await
}

async fn check(maker: Maker) -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    outcome::check(&pipeline, Layer::Dds, maker, STORED).await
}
