//! Malformed events.

use super::*;

#[test]
fn required_fields_of_an_event_are_checked() {
    check_required(
        &samples::event(),
        read_event,
        &[
            ("/object_id", r#""1""#),
            ("/sent_dttm", "1773057704"),
            ("/payload", "[]"),
            ("/payload/restaurant", r#""ef8c42c19b7518a9aebec106""#),
            ("/payload/restaurant/id", "7"),
            ("/payload/user", "[]"),
            ("/payload/user/id", "{}"),
            ("/payload/date", "20260302"),
            ("/payload/order_items", "{}"),
            ("/payload/cost", r#""180""#),
            ("/payload/payment", "true"),
            ("/payload/final_status", "4"),
            ("/payload/order_items/0/id", "1"),
            ("/payload/order_items/0/name", "[]"),
            ("/payload/order_items/0/price", r#""180""#),
            ("/payload/order_items/0/quantity", r#""1""#),
        ],
    );
}

#[test]
fn optional_fields_of_an_event_are_checked() {
    check_optional(
        &samples::event(),
        read_event,
        &[
            ("/payload/update_ts", "0"),
            ("/payload/bonus_payment", r#""0""#),
            ("/payload/bonus_grant", "[]"),
            ("/payload/statuses", "{}"),
            ("/payload/statuses/0/dttm", "0"),
        ],
    );
}

#[test]
fn lists_contain_only_objects() {
    check_rows(
        &samples::event(),
        read_event,
        &[
            ("/payload/order_items/0", "null", "wrong-type"),
            ("/payload/order_items/0", "[]", "wrong-type"),
            ("/payload/statuses/1", r#""OPEN""#, "wrong-type"),
            ("/payload/statuses/1", r#"{"status": 4}"#, "wrong-type"),
        ],
    );
}

#[test]
fn numbers_out_of_range_are_rejected() {
    check_rows(
        &samples::event(),
        read_event,
        &[
            ("/object_id", "-1", "out-of-range"),
            ("/object_id", "1.5", "out-of-range"),
            ("/object_id", "9223372036854775808", "out-of-range"),
            ("/payload/cost", "-0.01", "out-of-range"),
            ("/payload/cost", "100000000000000", "out-of-range"),
            ("/payload/cost", "1e400", "out-of-range"),
            ("/payload/payment", "-1", "out-of-range"),
            ("/payload/payment", "99999999999999.999995", "out-of-range"),
            ("/payload/bonus_payment", "-1", "out-of-range"),
            ("/payload/bonus_grant", "1e14", "out-of-range"),
            ("/payload/order_items/0/price", "-180", "out-of-range"),
            ("/payload/order_items/0/price", "1e99999999999999999999", "out-of-range"),
            ("/payload/order_items/0/quantity", "0", "out-of-range"),
            ("/payload/order_items/0/quantity", "-1", "out-of-range"),
            ("/payload/order_items/0/quantity", "1.5", "out-of-range"),
            ("/payload/order_items/0/quantity", "1e-1", "out-of-range"),
            ("/payload/order_items/0/quantity", "9223372036854775808", "out-of-range"),
        ],
    );
}

#[test]
fn empty_ids_and_names_are_rejected() {
    check_rows(
        &samples::event(),
        read_event,
        &[
            ("/payload/restaurant/id", r#""""#, "missing-field"),
            ("/payload/user/id", r#""""#, "missing-field"),
            ("/payload/order_items/0/id", r#""""#, "missing-field"),
            ("/payload/order_items/0/name", r#""""#, "missing-field"),
        ],
    );
}

#[test]
fn ids_of_256_characters_are_rejected() {
    for pointer in ["/payload/restaurant/id", "/payload/user/id", "/payload/order_items/0/id"] {
        let document = with(samples::event(), pointer, too_long());
        check_refused(read_event, pointer, &document.to_string(), "out-of-range");
    }
}

#[test]
fn malformed_dates_are_rejected() {
    for date in
        ["", "yesterday", "2026-03-02", "2026-02-30 10:00:00", "2026-03-02 11:20:05 MSK", "+010000-01-01T00:00:00"]
    {
        for pointer in ["/sent_dttm", "/payload/date", "/payload/update_ts", "/payload/statuses/0/dttm"] {
            let document = with(samples::event(), pointer, json!(date));
            check_refused(read_event, pointer, &document.to_string(), "bad-date");
        }
    }
}

#[test]
fn the_sum_of_lines_of_one_product_is_limited() {
    let line = |price: &str, quantity: &str| {
        parse(&format!(r#"{{"id": "d", "name": "x", "price": {price}, "quantity": {quantity}}}"#))
    };
    let (most, largest) = ("9223372036854775807", "99999999999999.99999");
    for lines in [
        json!([line("0", most), line("0", "1")]),
        json!([line(largest, most), line("1000000000000", "1000000000000000000")]),
    ] {
        let document = with(samples::event(), "/payload/order_items", lines);
        let (reason, error) = rejection(read_event(&document.to_string()));
        assert_eq!(reason, "out-of-range", "{error}");
        assert!(error.starts_with("payload.order_items[1] adds up"), "{error}");
    }
    let apart = json!([line("0", most), with(line("0", most), "/id", json!("another"))]);
    assert_eq!(read_event(&with(samples::event(), "/payload/order_items", apart).to_string()), Ok(()));
}

#[test]
fn times_near_the_end_of_the_calendar_are_rejected() {
    for pointer in ["/sent_dttm", "/payload/date"] {
        let at = |time: &str| with(samples::event(), pointer, json!(time)).to_string();
        check_refused(read_event, pointer, &at("9999-01-01 00:00:00"), "out-of-range");
        assert_eq!(read_event(&at("9998-12-31 23:59:59.999999")), Ok(()), "{pointer}");
    }
    let far = with(samples::event(), "/payload/statuses/0/dttm", json!("9999-12-31 23:59:59"));
    assert_eq!(read_event(&far.to_string()), Ok(()), "a time that becomes no row's");
}
