//! Enriched orders that cannot be read.

use super::*;

#[test]
fn required_fields() {
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
fn our_additions() {
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
fn values() {
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
