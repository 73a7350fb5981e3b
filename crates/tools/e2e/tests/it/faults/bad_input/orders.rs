//! Bad records of the order system for STG.

use anyhow::Result;
use harness::{Layer, Pipeline};
use serde_json::Value;

use super::{
    case::{ExpectedOutcome, Maker, Type},
    outcome, values,
};
use crate::story::{closed, restaurant, user};

/// The orders that are stored, parked or not.
const STORED: &str = "SELECT object_id FROM stg.order_events";

pub(super) fn good(number: u32) -> (Value, String) {
    let id = u64::from(number) + 1000;
    (closed(id, "u", &["tea"]).message(), id.to_string())
}

#[tokio::test]
async fn missing_and_mistyped_fields_are_rejected() -> Result<()> {
    let mut maker = Maker::new(good);
    maker.required(&[
        ("/object_id", Type::Number),
        ("/sent_dttm", Type::Time),
        ("/payload", Type::Object),
        ("/payload/restaurant", Type::Object),
        ("/payload/restaurant/id", Type::Text),
        ("/payload/user", Type::Object),
        ("/payload/user/id", Type::Text),
        ("/payload/date", Type::Time),
        ("/payload/order_items", Type::List),
        ("/payload/cost", Type::Number),
        ("/payload/payment", Type::Number),
        ("/payload/final_status", Type::Text),
        ("/payload/order_items/0/id", Type::Text),
        ("/payload/order_items/0/name", Type::Text),
        ("/payload/order_items/0/price", Type::Number),
        ("/payload/order_items/0/quantity", Type::Number),
    ]);
    maker.optional(&[
        ("/payload/update_ts", Type::Time),
        ("/payload/bonus_payment", Type::Number),
        ("/payload/bonus_grant", Type::Number),
        ("/payload/statuses", Type::List),
        ("/payload/statuses/0/status", Type::Text),
        ("/payload/statuses/0/dttm", Type::Time),
    ]);
    maker.rows(&[
        ("/payload/order_items", "[]", None),
        ("/payload/statuses", "[]", None),
        ("/payload/final_status", "\"\"", None),
        ("/payload/final_status", "\"ВОЗВРАТ\"", None),
        ("/payload/order_items/0", "null", Some("wrong-type")),
        ("/payload/order_items/0", "[]", Some("wrong-type")),
        ("/payload/statuses/0", "\"OPEN\"", Some("wrong-type")),
        ("/payload/restaurant/id", "\"\"", Some("missing-field")),
        ("/payload/user/id", "\"\"", Some("missing-field")),
        ("/payload/order_items/0/id", "\"\"", Some("missing-field")),
        ("/payload/order_items/0/name", "\"\"", Some("missing-field")),
    ]);
    check(maker).await
}

#[tokio::test]
async fn documents_that_are_not_orders_are_rejected_or_skipped() -> Result<()> {
    let mut maker = Maker::new(good);
    values::documents(&mut maker);
    maker.add("no type", Some(b"{}".to_vec()), ExpectedOutcome::Skipped("untyped"));
    maker.add("a type of null", Some(b"{\"object_type\": null}".to_vec()), ExpectedOutcome::Skipped("untyped"));
    values::unknown_fields(&mut maker, &["", "/payload", "/payload/order_items/0", "/payload/user"]);
    values::texts(&mut maker, &["/payload/user/id", "/payload/order_items/0/name", "/payload/final_status"]);
    repeated_keys(&mut maker);
    check(maker).await
}

/// The last of repeated keys counts, as in PostgreSQL's `json`.
fn repeated_keys(maker: &mut Maker) {
    maker.accepted("the first of two is wrong", |good| good.to_string().replace("\"cost\":", "\"cost\":-1,\"cost\":"));
    maker.accepted("the first type is another", |good| {
        good.to_string().replacen('{', "{\"object_type\":\"courier\",", 1)
    });
    maker.accepted("spelled otherwise", |good| good.to_string().replacen('{', "{\"payl\\u006fad\":null,", 1));
    maker.exchanged("/payload/cost", "1,\"cost\":-1", Some("out-of-range"));
    maker.exchanged("/payload/cost", "1,\"c\\u006fst\":null", Some("missing-field"));
}

#[tokio::test]
async fn numbers_at_and_beyond_their_limits_are_checked() -> Result<()> {
    let mut maker = Maker::new(good);
    for (text, key) in
        [("9223372036854775807", "9223372036854775807"), ("-0", "0"), ("1e0", "1"), ("20e-1", "2"), ("3.000", "3")]
    {
        maker.stored_as("/object_id", text, key);
    }
    for text in ["-1", "1.5", "9223372036854775808", "1e19", "1e400", "1e-400", &"9".repeat(100)] {
        maker.exchanged("/object_id", text, Some("out-of-range"));
    }
    values::money(
        &mut maker,
        &["/payload/cost", "/payload/payment", "/payload/bonus_grant", "/payload/order_items/0/price"],
    );
    values::quantities(&mut maker, "/payload/order_items/0/quantity");
    let lines = |lines: &[(&str, &str)]| {
        let line = |(price, quantity): &(&str, &str)| {
            format!(r#"{{"id": "tea", "name": "x", "price": {price}, "quantity": {quantity}}}"#)
        };
        format!("[{}]", lines.iter().map(line).collect::<Vec<_>>().join(","))
    };
    let (most, largest) = ("9223372036854775807", "99999999999999.99999");
    maker.exchanged("/payload/order_items", &lines(&[(largest, most)]), None);
    maker.exchanged("/payload/order_items", &lines(&[("0", "9223372036854775806"), (largest, "1")]), None);
    maker.exchanged("/payload/order_items", &lines(&[("0", most), ("0", "1")]), Some("out-of-range"));
    let half = "4611686018427387903";
    maker.exchanged("/payload/order_items", &lines(&[(largest, half), (largest, half)]), None);
    maker.exchanged(
        "/payload/order_items",
        &lines(&[(largest, half), (largest, half), ("1", "2")]),
        Some("out-of-range"),
    );
    check(maker).await
}

#[tokio::test]
async fn times_are_accepted_or_rejected_by_their_format() -> Result<()> {
    let mut maker = Maker::new(good);
    for place in ["/sent_dttm", "/payload/date", "/payload/update_ts", "/payload/statuses/0/dttm"] {
        values::times(&mut maker, place);
    }
    maker.exchanged("/payload/statuses/0/dttm", "\"9999-12-31 23:59:59.999999\"", None);
    values::the_future(&mut maker, &["/sent_dttm", "/payload/date", "/payload/update_ts"]);
    values::the_end_of_time(&mut maker, &["/sent_dttm", "/payload/date"]);
    check(maker).await
}

#[tokio::test]
async fn the_length_of_ids_and_names_is_limited() -> Result<()> {
    let mut maker = Maker::new(good);
    for letter in ["a", "ё", "💎", "\\u0451", "\\\""] {
        for place in ["/payload/restaurant/id", "/payload/user/id", "/payload/order_items/0/id"] {
            maker.exchanged(place, &format!("\"{}\"", letter.repeat(255)), None);
            maker.exchanged(place, &format!("\"{}\"", letter.repeat(256)), Some("out-of-range"));
        }
        maker.exchanged("/payload/order_items/0/name", &format!("\"{}\"", letter.repeat(10_000)), None);
        maker.exchanged("/payload/final_status", &format!("\"{}\"", letter.repeat(10_000)), None);
    }
    check(maker).await
}

async fn check(maker: Maker) -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    pipeline.name(&[user("u")?, restaurant(&["tea"])?]).await?;
    outcome::check(&pipeline, Layer::Stg, maker, STORED).await
}
