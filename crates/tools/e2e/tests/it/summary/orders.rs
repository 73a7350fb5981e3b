//! Tests of changed orders: figures follow an order that moves, changes its status or loses a line.

use anyhow::Result;
use harness::Workload;
use serde_json::{Value, json};
use workload::source::{Event, Reference};

use super::Fixture;

/// A version of an order: id, version, restaurant, UTC time, status, lines.
fn order(id: u64, version: u8, restaurant: &str, date: &str, status: &str, products: &[(&str, i64, u64)]) -> Event {
    let sent = format!("2026-03-09 12:{version:02}:00");
    let items: Vec<Value> = products
        .iter()
        .map(|(product, price, quantity)| json!({"id": product, "name": product, "price": price, "quantity": quantity}))
        .collect();
    let message = json!({
        "object_id": id, "object_type": "order", "sent_dttm": sent,
        "payload": {
            "restaurant": {"id": restaurant}, "user": {"id": format!("user {}", id % 2)}, "date": date,
            "order_items": items, "cost": 1000, "payment": 900 + id, "final_status": status, "update_ts": sent,
        },
    });
    Event { value: Some(message.to_string().into_bytes()) }
}

/// Content of Redis: two users, and two restaurants with the same products, of this category.
fn reference(name: &str, category: &str) -> Result<Vec<Reference>> {
    let menu: Vec<Value> = ["tea", "roll"]
        .iter()
        .map(|product| json!({"_id": product, "name": format!("{name} {product}"), "price": 1, "category": category}))
        .collect();
    let restaurant =
        |id: &str| json!({"_id": id, "name": format!("{name} {id}"), "menu": menu, "update_ts": "2026-03-02"});
    let user = |id: &str| json!({"_id": id, "name": "Имя", "login": "login"});
    let all = [restaurant("first"), restaurant("second"), user("user 0"), user("user 1")];
    all.iter().map(|value| Ok(Reference::parse(value.to_string())?)).collect()
}

#[tokio::test]
async fn figures_follow_a_changed_order() -> Result<()> {
    let night = "2026-03-01 21:30:00"; // half past midnight in Moscow
    let first = vec![
        order(1, 0, "first", night, "CLOSED", &[("tea", 100, 2), ("roll", 300, 1)]),
        order(2, 0, "first", night, "CLOSED", &[("tea", 100, 1)]),
        order(3, 0, "second", "2026-03-01 20:59:59", "OPEN", &[]),
    ];
    let fixture = Fixture::loaded(&Workload { reference: reference("Старое", "Напитки")?, events: first }).await?;
    let days = "SELECT day_msk, order_cnt, closed_order_cnt, cancelled_order_cnt, revenue::float, average_bill::float
                FROM cdm.orders_by_day ORDER BY 1";
    assert_eq!(fixture.pipeline.sql(days).await?, ["2026-03-01|1|0|0|0|0", "2026-03-02|2|2|0|1803|901.5"]);
    let products = "SELECT product_name, category_name, order_cnt, user_cnt, quantity, revenue::float, place
                    FROM cdm.product_popularity ORDER BY place";
    let expected = ["Старое tea|Напитки|2|2|3|300|1", "Старое roll|Напитки|1|1|1|300|2"];
    assert_eq!(fixture.pipeline.sql(products).await?, expected);
    let categories = "SELECT category_name, order_cnt, user_cnt, quantity, revenue::float FROM cdm.category_popularity";
    assert_eq!(fixture.pipeline.sql(categories).await?, ["Напитки|2|2|4|600"], "an order counts once");
    fixture.assert_right().await?;

    // To another restaurant, without the roll; cancelled; closed at last, and its date is that of its first version.
    let then = vec![
        order(1, 1, "second", night, "CLOSED", &[("tea", 100, 1)]),
        order(2, 1, "first", night, "CANCELLED", &[("tea", 100, 1)]),
        order(3, 1, "second", "2026-03-05 12:00:00", "CLOSED", &[("roll", 300, 3)]),
    ];
    fixture.load(&Workload { reference: Vec::new(), events: then }).await?;
    let expected = ["2026-03-01|1|1|0|903|903", "2026-03-02|2|1|1|901|901"];
    assert_eq!(fixture.pipeline.sql(days).await?, expected);
    let restaurants = "SELECT restaurant_id, order_cnt, closed_order_cnt, cancelled_order_cnt, revenue::float, place
                       FROM cdm.restaurant_popularity ORDER BY place";
    assert_eq!(fixture.pipeline.sql(restaurants).await?, ["second|2|2|0|1804|1", "first|1|0|1|0|2"]);
    let expected = ["Старое roll|Напитки|1|1|3|900|1", "Старое tea|Напитки|1|1|1|100|2"];
    assert_eq!(fixture.pipeline.sql(products).await?, expected);
    fixture.pipeline.audit().await
}

#[tokio::test]
async fn figures_have_the_latest_names_and_the_category_of_the_day() -> Result<()> {
    let first = vec![order(1, 0, "first", "2026-03-02 12:00:00", "CLOSED", &[("tea", 100, 1)])];
    let fixture = Fixture::loaded(&Workload { reference: reference("Старое", "Напитки")?, events: first }).await?;
    fixture.pipeline.name(&reference("Новое", "Чай и кофе")?).await?;
    // STG believes a name for five seconds: one that has not asked yet asks now.
    let stg = &fixture.services[&harness::Layer::Stg];
    stg.stop().await?;
    let _stg = fixture.service(harness::Layer::Stg).start().await?;
    let long = "Ы".repeat(300);
    let then = vec![
        order(2, 0, "first", "2026-03-03 12:00:00", "CLOSED", &[("tea", 100, 1)]),
        order(3, 0, "first", "2026-03-03 12:00:00", &long, &[("tea", 100, 1)]),
    ];
    fixture.load(&Workload { reference: Vec::new(), events: then }).await?;

    let products = "SELECT product_name, category_name, order_cnt FROM cdm.product_popularity";
    assert_eq!(fixture.pipeline.sql(products).await?, ["Новое tea|Чай и кофе|2"]);
    let days = "SELECT day_msk, product_name, category_name, order_cnt FROM cdm.product_sales_by_day ORDER BY 1";
    assert_eq!(
        fixture.pipeline.sql(days).await?,
        ["2026-03-02|Новое tea|Напитки|1", "2026-03-03|Новое tea|Чай и кофе|1"]
    );
    let restaurants = "SELECT restaurant_name, order_cnt FROM cdm.restaurant_popularity";
    assert_eq!(fixture.pipeline.sql(restaurants).await?, ["Новое first|3"]);
    let statuses = "SELECT length(status), order_cnt FROM cdm.orders_by_hour ORDER BY 1";
    assert_eq!(fixture.pipeline.sql(statuses).await?, ["6|1", "6|1", "255|1"], "an index has no room for more");
    fixture.pipeline.audit().await
}
