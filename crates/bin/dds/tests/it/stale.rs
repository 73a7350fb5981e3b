//! Tests of the date and restaurant of an order, and of stale days.

use std::collections::HashMap;

use consumer::Outcome;
use dds::transform::{Changes, HashedOrder, transform};
use orders::{Enriched, UtcMicros, keys};
use serde_json::{Value, json};

use crate::{
    fixture::{Fixture, store_all},
    story::{closed, message, read},
};

const DAYS: &str = "SELECT DISTINCT day::text FROM cdm_summary.stale_days ORDER BY 1";

const PLACED: &str = "
    SELECT concat_ws(' ', o.order_id, s.order_dt, r.restaurant_id)
    FROM dds.bv_order_states AS s
    INNER JOIN dds.h_order AS o ON s.h_order_pk = o.h_order_pk
    INNER JOIN dds.h_restaurant AS r ON s.h_restaurant_pk = r.h_restaurant_pk
    ORDER BY 1";

/// Version `version` of an order, placed at `date` in the restaurant `restaurant`.
fn placed(order: usize, version: usize, date: &str, restaurant: &str) -> Value {
    let mut message = message(order, version, &closed(&[1]));
    message["payload"]["date"] = json!(date);
    message["payload"]["restaurant"] = json!({"id": restaurant, "name": restaurant});
    message
}

fn hours(changes: &Changes<'_>) -> Vec<String> {
    changes.stale_hours.iter().map(UtcMicros::to_string).collect()
}

#[test]
fn the_date_of_an_order_is_fixed_and_its_restaurant_is_the_newest() {
    let told: Vec<Enriched> = [
        placed(0, 0, "2026-03-02 11:59:59.999999", "first"),
        placed(0, 1, "2026-03-09 08:00:00", "second"),
        placed(2, 0, "2026-03-02 11:00:00", "first"),
        placed(4, 0, "1899-12-31 23:59:00", "first"),
    ]
    .iter()
    .map(read)
    .collect();
    let (first, second) = (HashedOrder::all(&told[..1]), HashedOrder::all(&told[1..2]));
    let changes = transform(HashMap::new(), &first);
    assert_eq!(hours(&changes), ["2026-03-02 11:00:00"]);
    let before = changes.new_states.into_iter().collect();
    let changes = transform(before, &second);
    assert_eq!(hours(&changes), ["2026-03-02 11:00:00"], "the hour it is counted in");
    let state = &changes.changed_states[&keys::order(0)];
    assert_eq!(state.order_dt.to_string(), "2026-03-02 11:59:59.999999");
    assert_eq!(state.restaurant_pk, keys::restaurant("second"));

    let changes = transform(HashMap::new(), &HashedOrder::all(&told));
    assert_eq!(hours(&changes), ["1899-12-31 23:00:00", "2026-03-02 11:00:00"], "each once");
    assert_eq!(&changes.new_states[&keys::order(0)], state, "in one batch as in two");
}

#[tokio::test]
async fn a_changed_order_makes_its_moscow_day_stale() -> anyhow::Result<()> {
    let fixture = Fixture::set().await?;
    let replica = fixture.replica().await?;
    let batch = [
        placed(0, 0, "2026-03-01 20:59:59", "first"),
        placed(2, 0, "2026-03-01 21:00:00", "first"),
        placed(4, 0, "2026-03-05 12:00:00", "first"),
    ];
    assert_eq!(store_all(&replica, &batch).await?, [const { Outcome::Stored }; 3]);
    assert_eq!(fixture.sql(DAYS).await?, ["2026-03-01", "2026-03-02", "2026-03-05"]);
    fixture.sql("TRUNCATE cdm_summary.stale_days").await?;

    store_all(&replica, &batch).await?;
    assert_eq!(fixture.sql(DAYS).await?, [""; 0], "nothing has changed");
    store_all(&replica, &[placed(4, 1, "2026-04-01 12:00:00", "second")]).await?;
    assert_eq!(fixture.sql(DAYS).await?, ["2026-03-05"], "the day it is counted in");
    let expected = ["0 2026-03-01 20:59:59 first", "2 2026-03-01 21:00:00 first", "4 2026-03-05 12:00:00 second"];
    assert_eq!(fixture.sql(PLACED).await?, expected);
    fixture.audit().await
}

#[tokio::test]
async fn an_hour_that_spans_two_days_makes_both_stale() -> anyhow::Result<()> {
    let fixture = Fixture::set().await?;
    // Moscow was two hours, thirty minutes and some seconds ahead.
    store_all(&fixture.replica().await?, &[placed(0, 0, "1900-06-01 21:40:00", "first")]).await?;
    assert_eq!(fixture.sql(DAYS).await?, ["1900-06-01", "1900-06-02"]);
    Ok(())
}

#[tokio::test]
async fn a_restored_state_has_the_date_of_its_hub() -> anyhow::Result<()> {
    let fixture = Fixture::set().await?;
    let replica = fixture.replica().await?;
    store_all(&replica, &[placed(0, 0, "2026-03-02 12:00:00", "first")]).await?;
    fixture
        .sql(
            "TRUNCATE dds.bv_order_states, dds.bv_user_product_counters, dds.bv_user_category_counters, dds.s_order_cost,
                dds.s_order_status, dds.s_order_product, cdm_summary.stale_days",
        )
        .await?;
    store_all(&replica, &[placed(0, 1, "2026-03-09 12:00:00", "first")]).await?;
    assert_eq!(fixture.sql(PLACED).await?, ["0 2026-03-02 12:00:00 first"]);
    assert!(fixture.sql(DAYS).await?.contains(&"2026-03-02".to_owned()), "the day of the hub is noted");
    fixture.audit().await
}

#[tokio::test]
async fn deleting_orders_makes_their_days_stale() -> anyhow::Result<()> {
    let fixture = Fixture::set().await?;
    let replica = fixture.replica().await?;
    store_all(&replica, &[placed(0, 0, "2026-03-02 12:00:00", "first"), placed(2, 0, "2026-03-03 12:00:00", "first")])
        .await?;
    let added_up = "
        INSERT INTO cdm_summary.order_hours
        SELECT cdm_summary.to_moscow(date_trunc('hour', order_dt)), date_trunc('hour', order_dt), h_restaurant_pk, status, 1,
            cost, payment, order_dt
        FROM dds.bv_order_states";
    for (statement, gone) in [
        ("DELETE FROM dds.bv_order_states WHERE order_dt < '2026-03-03'", ["2026-03-02"]),
        ("TRUNCATE dds.bv_order_states", ["2026-03-03"]),
    ] {
        fixture.sql("TRUNCATE cdm_summary.order_hours, cdm_summary.stale_days").await?;
        fixture.sql(added_up).await?;
        fixture.sql(statement).await?;
        assert_eq!(fixture.sql(DAYS).await?, gone, "{statement}");
    }
    Ok(())
}
