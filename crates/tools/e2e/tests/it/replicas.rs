//! Tests of replicas: several replicas end in the same state as one.

use std::time::Duration;

use anyhow::{Result, ensure};
use harness::{Layer, Pipeline, Process, Workload, until};

/// The final state, independent of the order of arrival: no ids, no applied dates, no versions of counters.
const CURRENT: [(&str, &str); 13] = [
    ("orders received", "SELECT object_id, sent_dttm, version, user_id, payload FROM stg.order_events"),
    (
        "orders",
        "SELECT h_order_pk, version, h_user_pk, h_restaurant_pk, status, cost, payment FROM dds.bv_order_states",
    ),
    (
        "lines of orders",
        "SELECT h_order_pk, l.* FROM dds.bv_order_states,
                unnest(product_pks, category_pks, quantities, amounts) AS l(product, category, quantity, amount)
         WHERE quantity > 0",
    ),
    (
        "links of lines",
        "SELECT l.h_order_pk, l.h_product_pk, s.quantity, s.amount, s.h_category_pk, s.hk_order_product_hashdiff
         FROM (SELECT DISTINCT ON (hk_order_product_pk) * FROM dds.s_order_product
               ORDER BY hk_order_product_pk, load_dt DESC) AS s
         INNER JOIN dds.l_order_product AS l USING (hk_order_product_pk)
         WHERE s.quantity > 0",
    ),
    ("links to users", "SELECT hk_order_user_pk, h_order_pk, h_user_pk FROM dds.l_order_user"),
    (
        "latest costs",
        "SELECT DISTINCT ON (h_order_pk) h_order_pk, cost, payment, hk_order_cost_hashdiff FROM dds.s_order_cost
         ORDER BY h_order_pk, load_dt DESC",
    ),
    (
        "latest statuses",
        "SELECT DISTINCT ON (h_order_pk) h_order_pk, status, hk_order_status_hashdiff FROM dds.s_order_status
         ORDER BY h_order_pk, load_dt DESC",
    ),
    (
        "latest names of users",
        "SELECT DISTINCT ON (h_user_pk) h_user_pk, username, userlogin, hk_user_names_hashdiff FROM dds.s_user_names
         ORDER BY h_user_pk, load_dt DESC",
    ),
    (
        "product counters",
        "SELECT h_user_pk, h_product_pk, order_cnt FROM dds.bv_user_product_counters WHERE order_cnt > 0",
    ),
    (
        "category counters",
        "SELECT h_user_pk, h_category_pk, order_cnt FROM dds.bv_user_category_counters WHERE order_cnt > 0",
    ),
    (
        "product mart",
        "SELECT user_id, product_id, product_name, order_cnt FROM cdm.user_product_counters WHERE order_cnt > 0",
    ),
    (
        "category mart",
        "SELECT user_id, category_id, category_name, order_cnt FROM cdm.user_category_counters WHERE order_cnt > 0",
    ),
    ("tags", "SELECT user_id, rule_id, tag FROM cdm.user_tags"),
];

#[tokio::test]
async fn two_replicas_on_four_partitions_end_in_the_state_of_one() -> Result<()> {
    let week = Workload::dirty(31, 800);
    let one = Pipeline::start(1).await?;
    let many = Pipeline::start(4).await?;
    let (one_state, many_state) = tokio::try_join!(play(&one, &week, 1), play(&many, &week, 2))?;
    for ((what, _), (one, many)) in CURRENT.iter().zip(one_state.iter().zip(&many_state)) {
        ensure!(!one.is_empty(), "{what}: nothing");
        let differing = one.iter().zip(many).find(|(one, many)| one != many);
        ensure!(differing.is_none(), "{what}: {differing:?}");
        ensure!(one.len() == many.len(), "{what}: {} rows and {}", one.len(), many.len());
    }
    Ok(())
}

/// Processes the week with a number of replicas per service: half of it during rebalances, half after them.
async fn play(pipeline: &Pipeline, week: &Workload, replicas: usize) -> Result<Vec<Vec<String>>> {
    let (before, after) = week.events.split_at(week.events.len() / 2);
    pipeline.name(&week.reference).await?;
    pipeline.load(before).await?;
    let spawn = |layer| pipeline.service(layer).spawn();
    let services: Vec<Process> = Layer::ALL.into_iter().cycle().take(3 * replicas).map(spawn).collect::<Result<_>>()?;
    for service in &services {
        service.ready().await?;
        let reads = async || Ok(service.metric("tagmill_assigned_partitions").await? > 0.0);
        until("every replica has partitions", Duration::from_secs(30), reads).await?;
    }
    pipeline.load(after).await?;
    pipeline.wait_idle().await?;
    pipeline.audit().await?;
    pipeline.assert_marts(&week.expected()).await?;
    ensure!(pipeline.assert_tags_are_published().await?.events > 50, "hardly a tag has changed");
    for service in &services {
        ensure!(service.metric("tagmill_records_total").await? > 0.0, "a replica did nothing");
        service.stop().await?;
    }
    current(pipeline).await
}

async fn current(pipeline: &Pipeline) -> Result<Vec<Vec<String>>> {
    let mut state = Vec::new();
    for (_, statement) in CURRENT {
        let mut rows = pipeline.sql(statement).await?;
        rows.sort_unstable();
        state.push(rows);
    }
    Ok(state)
}
