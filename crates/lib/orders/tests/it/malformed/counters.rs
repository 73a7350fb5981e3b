//! Malformed counters.

use super::*;

const CATEGORY: &str = "/categories/0f6d48bd-fe1f-51f6-a39f-31fe8f5e52a5";
const PRODUCT: &str = "/products/6276e8cd0cf48b4cded00878";

#[test]
fn required_fields_of_counters_are_checked() {
    let top = [("/user_id", "7"), ("/categories", "[]"), ("/products", "[]")];
    check_required(&samples::counters(), read_counters, &top);
    for (counter, label) in [(CATEGORY, "category_name"), (PRODUCT, "product_name")] {
        for (field, wrong) in [(label, "7"), ("order_cnt", r#""2""#)] {
            let pointer = format!("{counter}/{field}").leak();
            check_required(&samples::counters(), read_counters, &[(pointer, wrong)]);
        }
    }
}

#[test]
fn values_of_counters_are_checked() {
    for counter in [CATEGORY, PRODUCT] {
        for (field, value, reason) in [
            ("order_cnt", "-1", "out-of-range"),
            ("order_cnt", "0.5", "out-of-range"),
            ("version", "-1", "out-of-range"),
            ("version", "9223372036854775808", "out-of-range"),
            ("version", r#""1""#, "wrong-type"),
        ] {
            let pointer = format!("{counter}/{field}").leak();
            check_rows(&samples::counters(), read_counters, &[(pointer, value, reason)]);
        }
        let too_many = with(samples::counters(), &format!("{counter}/order_cnt"), json!(2_147_483_648_i64));
        assert_eq!(rejection(read_counters(&too_many.to_string())).0, "out-of-range");
        check_rows(&samples::counters(), read_counters, &[(counter.to_owned().leak(), "7", "wrong-type")]);
    }
    check_rows(&samples::counters(), read_counters, &[("/user_id", r#""""#, "missing-field")]);
}

#[test]
fn the_key_of_a_product_is_its_id() {
    for (id, expected) in [(String::new(), "missing-field"), ("ё".repeat(256), "out-of-range")] {
        let product = json!({ id: {"product_name": "x", "order_cnt": 1} });
        let (reason, error) = rejection(read_counters(&with(samples::counters(), "/products", product).to_string()));
        assert_eq!(reason, expected, "{error}");
    }
}
