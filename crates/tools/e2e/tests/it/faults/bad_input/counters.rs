//! Bad counter messages for CDM.

use anyhow::Result;
use harness::{Layer, Pipeline};
use serde_json::{Value, json};

use super::{
    case::{Maker, Type},
    outcome, values,
};

/// Users with at least one counter.
const STORED: &str = "SELECT source_id FROM cdm.users AS u WHERE
    EXISTS (SELECT FROM cdm.user_product_counters AS c WHERE c.user_id = u.user_id)
    OR EXISTS (SELECT FROM cdm.user_category_counters AS c WHERE c.user_id = u.user_id)";

const CATEGORY: &str = "/categories/0f6d48bd-fe1f-51f6-a39f-31fe8f5e52a5";
const PRODUCT: &str = "/products/6276e8cd0cf48b4cded00878";

pub(super) fn good(number: u32) -> (Value, String) {
    let user_id = format!("user {number}");
    let counters = json!({
        "user_id": user_id,
        "categories": {&CATEGORY[12..]: {"category_name": "Выпечка", "order_cnt": 2, "version": 1_764_028_800_000_001_i64}},
        "products": {&PRODUCT[10..]: {"product_name": "Котовая булка", "order_cnt": 23, "version": 1_764_028_800_000_001_i64}},
    });
    (counters, user_id)
}

#[tokio::test]
async fn every_field_of_counters_is_checked() -> Result<()> {
    let mut maker = Maker::new(good);
    maker.required(&[("/user_id", Type::Text), ("/categories", Type::Object), ("/products", Type::Object)]);
    for (counter, name) in [(CATEGORY, "category_name"), (PRODUCT, "product_name")] {
        let field = |field: &str| format!("{counter}/{field}");
        maker.required(&[(&field(name), Type::Text), (&field("order_cnt"), Type::Number)]);
        maker.optional(&[(&field("version"), Type::Number)]);
        for text in ["0", "-0", "2147483647", "2147483647.0", "1e9", "20e-1"] {
            maker.exchanged(&field("order_cnt"), text, None);
        }
        for text in ["-1", "0.5", "2147483648", "1e10", "9223372036854775808", "1e400"] {
            maker.exchanged(&field("order_cnt"), text, Some("out-of-range"));
        }
        for text in ["0", "9223372036854775807", "1e18"] {
            maker.exchanged(&field("version"), text, None);
        }
        for text in ["-1", "0.5", "9223372036854775808"] {
            maker.exchanged(&field("version"), text, Some("out-of-range"));
        }
        maker.exchanged(&field(name), "\"\"", Some("missing-field"));
        maker.exchanged(&field(name), &format!("\"{}\"", "💎".repeat(10_000)), None);
        for text in ["7", "null", "[]"] {
            maker.exchanged(counter, text, Some("wrong-type"));
        }
    }
    maker.exchanged("/products", "{}", None);
    maker.exchanged("/categories", "{}", None);
    maker.exchanged("/user_id", "\"\"", Some("missing-field"));
    maker.stored_as("/user_id", &format!("\"{}\"", "ё".repeat(255)), &"ё".repeat(255));
    maker.exchanged("/user_id", &format!("\"{}\"", "ё".repeat(256)), Some("out-of-range"));
    check(maker).await
}

#[tokio::test]
async fn documents_that_are_not_counters_are_rejected() -> Result<()> {
    let mut maker = Maker::new(good);
    values::documents(&mut maker);
    let product = format!("{PRODUCT}/unknown");
    values::unknown_fields(&mut maker, &["", product.trim_end_matches("/unknown")]);
    values::texts(&mut maker, &["/user_id", &format!("{PRODUCT}/product_name"), &format!("{CATEGORY}/category_name")]);
    for (key, reason) in [
        ("", Some("missing-field")),
        ("\\u0000", Some("bad-text")),
        ("\\ud800", Some("not-json")),
        (&*"ё".repeat(256), Some("out-of-range")),
        (&*"ё".repeat(255), None),
        (" ", None),
    ] {
        let last = maker.cases.len();
        maker.exchanged("/products", &format!(r#"{{"{key}": {{"product_name": "x", "order_cnt": 1}}}}"#), reason);
        maker.cases[last].name = format!("a product whose id is {} characters long", key.chars().count());
    }
    check(maker).await
}

async fn check(maker: Maker) -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    outcome::check(&pipeline, Layer::Cdm, maker, STORED).await
}
