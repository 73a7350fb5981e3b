//! Tests of query plans of a refresh: PostgreSQL has no statistics about the newest day.

use anyhow::Result;
use harness::Pipeline;

/// The text of a statement of CDM.
macro_rules! text {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../sql/cdm/", $name, ".sql"))
    };
}

/// The statements of days, then those of everything.
const DAYS: [&str; 3] = [
    text!("summary/tables/summarize_order_hours"),
    text!("summary/tables/summarize_product_days"),
    text!("summary/tables/summarize_category_days"),
];
const WHOLE: [&str; 12] = [
    text!("summary/tables/summarize_products"),
    text!("summary/tables/summarize_categories"),
    text!("summary/tables/summarize_restaurants"),
    text!("summary/tables/summarize_product_users"),
    text!("summary/tables/summarize_category_users"),
    text!("summary/tables/summarize_tags"),
    text!("summary/tables/summarize_tag_progress"),
    text!("summary/tables/summarize_tag_events"),
    text!("summary/tables/summarize_users"),
    // Once more: the tables that they compare with have filled since.
    text!("summary/tables/summarize_products"),
    text!("summary/tables/summarize_product_users"),
    text!("summary/tables/summarize_category_users"),
];

/// A small day, which the statistics know, then a day with 20,000 products and as many counters, which they do not
/// know.
const FILL: &str = "
    INSERT INTO dds.bv_order_states
    SELECT
        gen_random_uuid(), 'v', now(), gen_random_uuid(), 'CLOSED', 1, 1, ARRAY[gen_random_uuid()], ARRAY[gen_random_uuid()],
        '{1}', '{1}', TIMESTAMP '2026-11-01 06:00' + n * interval '1 second', gen_random_uuid()
    FROM generate_series(1, 1000) AS n;
    INSERT INTO cdm_summary.product_days
    SELECT DATE '2026-11-01', gen_random_uuid(), gen_random_uuid(), 1, 1, 1 FROM generate_series(1, 1000) AS n;
    INSERT INTO cdm_summary.order_hours
    SELECT TIMESTAMP '2026-11-01 09:00', TIMESTAMP '2026-11-01 06:00', gen_random_uuid(), '', 1, 1, 1, TIMESTAMP '2026-11-01 06:00'
    FROM generate_series(1, 1000) AS n;
    ANALYZE;
    INSERT INTO dds.bv_order_states
    SELECT
        gen_random_uuid(), 'v', now(), gen_random_uuid(), 'CLOSED', 1, 1,
        (SELECT array_agg(lpad(to_hex(n * 5 + k), 32, '0')::uuid) FROM generate_series(1, 5) AS k),
        (SELECT array_agg(lpad(to_hex((n * 5 + k) % 10000), 32, '0')::uuid) FROM generate_series(1, 5) AS k),
        '{1,1,1,1,1}', '{1,1,1,1,1}', TIMESTAMP '2026-11-02 06:00' + n * interval '1 second', gen_random_uuid()
    FROM generate_series(1, 4000) AS n;
    INSERT INTO dds.h_product (h_product_pk, product_id, load_dt, load_src)
    SELECT lpad(to_hex(n), 32, '0')::uuid, n::text, now(), '' FROM generate_series(6, 20005) AS n;
    INSERT INTO cdm.user_product_counters (user_id, product_id, product_name, order_cnt, version)
    SELECT gen_random_uuid(), lpad(to_hex(n), 32, '0')::uuid, '', 1, 1 FROM generate_series(6, 20005) AS n;
    INSERT INTO cdm.user_category_counters (user_id, category_id, category_name, order_cnt, version)
    SELECT gen_random_uuid(), lpad(to_hex(n), 32, '0')::uuid, '', 1, 1 FROM generate_series(1, 10000) AS n";

/// A refresh of the day under the settings of a refresh, but with a shorter limit. A nested loop over 20,000 products
/// takes longer than the limit, a hash or a merge join a hundredth of it.
fn refresh(change: &str) -> String {
    let days = DAYS.map(|statement| statement.replace("$1", "'2026-11-02'").replace("$2", "'2026-11-02'"));
    let statements: Vec<&str> = days.iter().map(String::as_str).chain(WHOLE).collect();
    format!(
        "BEGIN; {}; SET LOCAL statement_timeout = '15s'; {change}; {}; COMMIT",
        text!("summary/plan_summary"),
        statements.join("; ")
    )
}

#[tokio::test]
async fn a_day_with_many_products_is_summed_fast_without_statistics() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    let client = pipeline.database().await?;
    client.batch_execute(FILL).await?;
    client.batch_execute(&refresh("SELECT")).await?;
    // Now the tables hold the day, and statistics still say that they are empty.
    client
        .batch_execute(&refresh(
            "UPDATE dds.bv_order_states SET quantities = '{2,1,1,1,1}' WHERE order_dt > '2026-11-02'",
        ))
        .await?;
    let sums = "SELECT (SELECT count(*) FROM cdm_summary.product_days WHERE day = '2026-11-02'),
                (SELECT sum(quantity) FROM cdm_summary.category_days WHERE day = '2026-11-02'),
                (SELECT count(*) FROM cdm_summary.products), (SELECT count(*) FROM cdm_summary.product_users)";
    assert_eq!(pipeline.sql(sums).await?, ["20000|24000|20000|20000"]);
    Ok(())
}

#[tokio::test]
async fn statements_of_a_refresh_have_a_timeout() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    let bounded = format!("BEGIN; {}; SELECT current_setting('statement_timeout')", text!("summary/plan_summary"));
    let rows = pipeline.sql(&bounded).await?;
    assert_eq!(rows.last().map(String::as_str), Some("5min"), "{rows:?}");
    Ok(())
}
