//! Tests of order states: many are written and read in one statement.

use consumer::Outcome;

use crate::{
    fixture::{Fixture, store_all},
    story::{Chapter, closed, message},
};

/// Every line of every state: order, product, category, quantity and amount.
const LINES: &str = "
    SELECT concat_ws(' ', h.order_id, p.product_id, c.category_name, l.quantity, l.amount)
    FROM dds.bv_order_states AS s
    CROSS JOIN unnest(s.product_pks, s.category_pks, s.quantities, s.amounts) AS l (product, category, quantity, amount)
    INNER JOIN dds.h_order AS h ON s.h_order_pk = h.h_order_pk
    INNER JOIN dds.h_product AS p ON l.product = p.h_product_pk
    INNER JOIN dds.h_category AS c ON l.category = c.h_category_pk
    ORDER BY 1";

#[tokio::test]
async fn each_order_gets_its_own_lines() -> anyhow::Result<()> {
    let fixture = Fixture::set().await?;
    let replica = fixture.replica().await?;
    let nothing = closed(&[]);
    let batch = [
        message(0, 0, &closed(&[1, 2])),
        message(1, 0, &nothing),
        message(2, 0, &Chapter { lines: vec![(3, 7, 4)], ..closed(&[]) }),
        message(3, 0, &closed(&[2, 3, 1])),
    ];
    assert_eq!(store_all(&replica, &batch).await?, [const { Outcome::Stored }; 4]);
    let before = [
        "0 product 1 category 1 1 0.50000",
        "0 product 2 category 2 1 0.50000",
        "2 product 3 category 7 4 2.00000",
        "3 product 1 category 1 1 0.50000",
        "3 product 2 category 2 1 0.50000",
        "3 product 3 category 3 1 0.50000",
    ];
    assert_eq!(fixture.sql(LINES).await?, before);
    fixture.audit().await?;

    let batch = [
        message(0, 1, &nothing),
        message(1, 1, &closed(&[2])),
        message(2, 1, &Chapter { lines: vec![(3, 8, 1)], ..closed(&[]) }),
        message(3, 1, &closed(&[2, 3, 1])),
    ];
    assert_eq!(store_all(&replica, &batch).await?, [const { Outcome::Stored }; 4]);
    let after = [
        "0 product 1 category 1 0 0.00000",
        "0 product 2 category 2 0 0.00000",
        "1 product 2 category 2 1 0.50000",
        "2 product 3 category 7 0 0.00000",
        "2 product 3 category 8 1 0.50000",
        "3 product 1 category 1 1 0.50000",
        "3 product 2 category 2 1 0.50000",
        "3 product 3 category 3 1 0.50000",
    ];
    assert_eq!(fixture.sql(LINES).await?, after);
    fixture.audit().await
}

#[tokio::test]
async fn a_batch_of_orders_without_lines_is_stored() -> anyhow::Result<()> {
    let fixture = Fixture::set().await?;
    let replica = fixture.replica().await?;
    let batch = [message(0, 0, &closed(&[])), message(2, 0, &closed(&[]))];
    assert_eq!(store_all(&replica, &batch).await?, [Outcome::Stored, Outcome::Stored]);
    assert_eq!(fixture.sql("SELECT amounts::text || product_pks::text FROM dds.bv_order_states").await?, ["{}{}"; 2]);
    fixture.audit().await
}

#[tokio::test]
async fn states_deleted_without_their_hubs_and_links_are_restored() -> anyhow::Result<()> {
    let fixture = Fixture::set().await?;
    let replica = fixture.replica().await?;
    let batch = [message(0, 0, &closed(&[1, 2])), message(1, 0, &closed(&[1]))];
    store_all(&replica, &batch).await?;
    fixture
        .sql(
            "TRUNCATE dds.bv_order_states, dds.bv_user_product_counters, dds.bv_user_category_counters, dds.s_order_cost,
                dds.s_order_status, dds.s_order_product",
        )
        .await?;
    assert_eq!(store_all(&replica, &batch).await?, [Outcome::Stored, Outcome::Stored]);
    fixture.audit().await
}
