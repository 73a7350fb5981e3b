//! Tests of the comparison: every kind of wrong row is found. Rows of a loaded database are altered one after the
//! other.

use std::collections::BTreeSet;

use anyhow::Result;
use chaos::compare::compare;
use chaos::compare::oracle::Oracle;
use harness::{Layer, Pipeline, Record, Workload};

/// A table by its name in the comparison, and a statement that alters a row of it.
const SPOILT: [(&str, &str); 18] = [
    (
        "stg.order_events",
        "UPDATE stg.order_events SET payload = '{}' WHERE id = (SELECT min(id) FROM stg.order_events)",
    ),
    (
        "dds.h_order",
        "UPDATE dds.h_order SET order_dt = order_dt + interval '1 s' WHERE order_id = (SELECT min(order_id) FROM dds.h_order)",
    ),
    ("dds.h_*", "INSERT INTO dds.h_category SELECT gen_random_uuid(), 'Никто', now(), ''"),
    ("dds.l_*", "DELETE FROM dds.l_order_restaurant WHERE ctid = (SELECT min(ctid) FROM dds.l_order_restaurant)"),
    (
        "dds.s_*_names, latest",
        "UPDATE dds.s_user_names SET userlogin = 'x' WHERE ctid = (SELECT min(ctid) FROM dds.s_user_names)",
    ),
    ("dds.s_order_cost, latest", "UPDATE dds.s_order_cost SET payment = payment + 0.00001"),
    (
        "dds.s_order_status, latest",
        "INSERT INTO dds.s_order_status SELECT h_order_pk, 'LOST', '2100-01-01', '', gen_random_uuid() FROM dds.h_order LIMIT 1",
    ),
    ("dds.s_order_product, latest", "UPDATE dds.s_order_product SET quantity = quantity + 1"),
    ("dds.bv_order_states", "DELETE FROM dds.bv_order_states WHERE ctid = (SELECT min(ctid) FROM dds.bv_order_states)"),
    (
        "dds.bv_user_product_counters",
        "UPDATE dds.bv_user_product_counters SET order_cnt = order_cnt + 1 WHERE ctid = (SELECT min(ctid) FROM dds.bv_user_product_counters)",
    ),
    ("dds.bv_user_category_counters", "DELETE FROM dds.bv_user_category_counters WHERE order_cnt > 0"),
    (
        "cdm.user_product_counters",
        "UPDATE cdm.user_product_counters SET product_name = 'x' WHERE id = (SELECT min(id) FROM cdm.user_product_counters)",
    ),
    (
        "cdm.user_category_counters",
        "UPDATE cdm.user_category_counters SET order_cnt = order_cnt + 1 WHERE id = (SELECT max(id) FROM cdm.user_category_counters)",
    ),
    ("cdm.user_tags", "UPDATE cdm.user_tags SET tag = 'x' WHERE ctid = (SELECT min(ctid) FROM cdm.user_tags)"),
    ("published tags", "DELETE FROM cdm.user_tag_events WHERE ctid = (SELECT min(ctid) FROM cdm.user_tag_events)"),
    ("cdm.users", "DELETE FROM cdm.users WHERE ctid = (SELECT min(ctid) FROM cdm.users)"),
    (
        "audit",
        "UPDATE dds.bv_order_states SET product_pks = '{}', category_pks = '{}', quantities = '{}', amounts = '{}'",
    ),
    ("dead letters", ""),
];

#[tokio::test]
async fn every_kind_of_wrong_row_is_reported() -> Result<()> {
    let pipeline = Pipeline::start(2).await?;
    let week = Workload::dirty(5, 200);
    pipeline.name(&week.reference).await?;
    pipeline.load(&week.events).await?;
    let services = pipeline.start_all().await?;
    pipeline.wait_idle().await?;
    for service in &services {
        service.stop().await?;
    }
    let mut oracle = Oracle::default();
    let mut tables = async || {
        oracle.follow(&pipeline).await?;
        let differences = compare(&pipeline, &oracle, &oracle.truth(&week.reference)).await?;
        anyhow::Ok(differences.into_iter().map(|difference| difference.table).collect::<BTreeSet<_>>())
    };
    let mut before = tables().await?;
    assert_eq!(before, BTreeSet::new());
    for (table, spoil) in SPOILT {
        if spoil.is_empty() {
            // An unread record: its dead letter is missing.
            pipeline.produce(&pipeline.source(Layer::Stg), [Record::of("{")]).await?;
        }
        pipeline.sql(spoil).await?;
        let after = tables().await?;
        assert!(after.contains(table), "{spoil} went unnoticed: {after:?}");
        assert!(table == "audit" || table == "dead letters" || !before.contains(table), "{table} was spoilt before");
        before = after;
    }
    Ok(())
}
