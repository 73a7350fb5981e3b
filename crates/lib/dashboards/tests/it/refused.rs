//! A specification that contradicts itself is rejected with an error that names the place.

use dashboards::{Spec, grafana::Metrics};

const TOML: &str = include_str!("../../../../../dashboards/orders.toml");

/// The error after replacing `old`, which must exist, by `new`.
fn error(old: &str, new: &str) -> String {
    assert!(TOML.contains(old), "the specification no longer contains {old}");
    match Spec::parse(&TOML.replacen(old, new, 1)) {
        Ok(_) => format!("{new} is accepted"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn contradictory_definitions_are_rejected() {
    let cases = [
        ("view = \"kpi\"\n", "view = \"kip\"\n", "orders: view kip does not exist"),
        ("values = [\"closed_order_cnt\"]", "values = [\"close_order_cnt\"]", "closed_orders: view kpi has no column"),
        ("id = \"closed_orders\"", "id = \"orders\"", "orders: this id is used twice"),
        ("id = \"closed_orders\"", "id = \"Closed orders\"", "Closed orders: an id consists of"),
        ("size = [6, 5]", "size = [7, 5]", "popularity: its boxes do not fill rows 36 wide"),
        ("size = [6, 5]", "size = [6, 4]", "popularity: its boxes do not fill rows 36 wide"),
        ("by = \"product_name\"", "by = \"order_cnt\"", "top_products: order_cnt is not allowed here"),
        (
            "values = [\"order_cnt\"]\nlimit",
            "values = [\"day_msk\"]\nlimit",
            "top_products: day_msk is not allowed here",
        ),
        ("by = \"product_name\"\n", "", "top_products: a Bar cannot have (0, 0, 1)"),
        (
            "by = \"hour_of_day\"",
            "by = [\"hour_of_day\", \"weekday\"]",
            "weekday_hours: a Heatmap cannot have (2, 1, 1)",
        ),
        ("sort = [\"place\"]", "sort = [\"-quantity\"]", "restaurants: it cannot be sorted by quantity"),
        (
            "where = [{ column = \"orders_left\"",
            "limit = 3\nwhere = [{ column = \"orders_left\"",
            "nearly_tagged: bars of several",
        ),
        ("column = \"tag\"", "column = \"no_tag\"", "tag: view tag_list has no column no_tag"),
        (
            "columns = [\"tag\"]",
            "columns = [\"tag\", \"user_cnt\", \"tagged\"]",
            "tag_list: column tagged is not described",
        ),
        ("own.order_cnt", "own.orders", "tag_progress: orders is not one of its columns"),
        ("ru = \"Порции\"", "ru = \"Заказы\"", "two of its columns have the same title"),
    ];
    for (old, new, expected) in cases {
        let error = error(old, new);
        assert!(error.contains(expected), "{old} → {new}: {error}");
    }
}

#[test]
fn malformed_definitions_are_rejected() {
    for (old, new) in [
        ("kind = \"bar\"", "kind = \"pie\""),
        ("limit = 20", "limits = 20"),
        ("{ ru = \"Период\", en = \"Period\" }", "{ ru = \"Период\" }"),
        ("between = [1, 3] }", "between = [1] }"),
        ("type = \"uuid\"", "type = \"jsonb\""),
    ] {
        let error = error(old, new);
        assert!(error.starts_with("the specification cannot be read"), "{old} → {new}: {error}");
    }
}

#[test]
fn gaps_between_panels_are_rejected() {
    let panels = include_str!("../../../../../dashboards/metrics.toml").replacen("size = [6, 4]", "size = [5, 4]", 1);
    let error = Metrics::parse(&panels).map(|_| ()).map_err(|error| error.to_string());
    assert_eq!(error, Err("Сейчас: its boxes do not fill rows 24 wide and of one height each".to_owned()));
}
