//! Malformed enriched orders.

use super::*;

#[test]
fn required_fields_of_an_enriched_order_are_checked() {
    check_required(
        &samples::enriched(),
        read_enriched,
        &[
            ("/object_id", r#""322519""#),
            ("/payload", "[]"),
            ("/payload/date", "0"),
            ("/payload/cost", r#""300""#),
            ("/payload/payment", "[]"),
            ("/payload/status", "4"),
            ("/payload/restaurant", "[]"),
            ("/payload/restaurant/id", "7"),
            ("/payload/restaurant/name", "7"),
            ("/payload/user", "[]"),
            ("/payload/user/id", "7"),
            ("/payload/user/name", "{}"),
            ("/payload/products", "{}"),
            ("/payload/products/0/id", "7"),
            ("/payload/products/0/price", r#""180""#),
            ("/payload/products/0/quantity", r#""1""#),
            ("/payload/products/0/name", "7"),
            ("/payload/products/0/category", "[]"),
        ],
    );
}

#[test]
fn fields_that_stg_adds_are_optional() {
    check_optional(
        &samples::enriched(),
        read_enriched,
        &[
            ("/sent_dttm", "0"),
            ("/enriched_at", "0"),
            ("/payload/update_ts", "0"),
            ("/payload/version", "1"),
            ("/payload/user/login", "1"),
        ],
    );
}

#[test]
fn values_of_an_enriched_order_are_checked() {
    check_rows(
        &samples::enriched(),
        read_enriched,
        &[
            ("/object_id", "-1", "out-of-range"),
            ("/sent_dttm", r#""then""#, "bad-date"),
            ("/enriched_at", r#""then""#, "bad-date"),
            ("/payload/date", r#""2022-11-19""#, "bad-date"),
            ("/payload/cost", "-1", "out-of-range"),
            ("/payload/payment", "1e14", "out-of-range"),
            ("/payload/products/0/price", "-1", "out-of-range"),
            ("/payload/products/0/quantity", "0", "out-of-range"),
            ("/payload/products/0/quantity", "1.5", "out-of-range"),
            ("/payload/restaurant/id", r#""""#, "missing-field"),
            ("/payload/restaurant/name", r#""""#, "missing-field"),
            ("/payload/user/name", r#""""#, "missing-field"),
            ("/payload/products/0/name", r#""""#, "missing-field"),
            ("/payload/products/0/category", r#""""#, "missing-field"),
        ],
    );
    let pointer = "/payload/user/id";
    check_refused(read_enriched, pointer, &with(samples::enriched(), pointer, too_long()).to_string(), "out-of-range");
}

#[test]
fn malformed_versions_are_rejected() {
    let version = samples::enriched()["payload"]["version"].as_str().unwrap().to_owned();
    for other in
        ["", "9", "1", &version.to_uppercase(), &version[1..], &format!("{version}0"), &version.replace('-', "_")]
    {
        let document = with(samples::enriched(), "/payload/version", json!(other)).to_string();
        check_refused(read_enriched, "/payload/version", &document, "out-of-range");
    }
}

#[test]
fn the_sum_of_lines_of_one_product_is_limited() {
    let line = samples::enriched()["payload"]["products"][0].clone();
    let lines = json!([with(line.clone(), "/quantity", json!(i64::MAX)), line]);
    let document = with(samples::enriched(), "/payload/products", lines).to_string();
    let (reason, error) = rejection(read_enriched(&document));
    assert_eq!(reason, "out-of-range", "{error}");
    assert!(error.starts_with("payload.products[1] adds up"), "{error}");
}

#[test]
fn times_near_the_end_of_the_calendar_are_rejected() {
    for pointer in ["/sent_dttm", "/enriched_at", "/payload/date"] {
        let at = |time: &str| with(samples::enriched(), pointer, json!(time)).to_string();
        check_refused(read_enriched, pointer, &at("9999-12-31 23:59:59.999999"), "out-of-range");
        assert_eq!(read_enriched(&at("9998-12-31 23:59:59.999999")), Ok(()), "{pointer}");
    }
}
