//! Queries that read each table as text: business keys and values.

use anyhow::{Context, Result};
use harness::Pipeline;

use super::Rows;

/// A table, and the query that reads it: two columns of text, a unique key and a value.
#[derive(Clone, Copy)]
pub(super) struct Table {
    pub(super) name: &'static str,
    sql: &'static str,
}

macro_rules! table {
    ($name:ident, $title:literal, $file:literal) => {
        pub(super) const $name: Table = Table { name: $title, sql: include_str!(concat!("../../sql/", $file, ".sql")) };
    };
}

table!(ORDER_EVENTS, "stg.order_events", "order_events");
table!(HUBS, "dds.h_*", "hubs");
table!(ORDERS, "dds.h_order", "orders");
table!(LINKS, "dds.l_*", "links");
table!(NAMES, "dds.s_*_names, latest", "names");
table!(ORDER_COSTS, "dds.s_order_cost, latest", "order_costs");
table!(ORDER_STATUSES, "dds.s_order_status, latest", "order_statuses");
table!(ORDER_PRODUCTS, "dds.s_order_product, latest", "order_products");
table!(ORDER_STATES, "dds.bv_order_states", "order_states");
table!(PRODUCT_COUNTERS, "dds.bv_user_product_counters", "product_counters");
table!(CATEGORY_COUNTERS, "dds.bv_user_category_counters", "category_counters");
table!(PRODUCT_MART, "cdm.user_product_counters", "product_mart");
table!(CATEGORY_MART, "cdm.user_category_counters", "category_mart");
table!(USERS, "cdm.users", "users");
table!(USER_TAGS, "cdm.user_tags", "user_tags");

/// All rows of the table.
pub(super) async fn read(pipeline: &Pipeline, table: Table) -> Result<Rows> {
    let client = pipeline.database().await?;
    let found = client.query(table.sql, &[]).await.with_context(|| format!("reading {}", table.name))?;
    let mut rows = Rows::new();
    for row in found {
        let (key, value): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        // A duplicate key is a difference, too: it appears as an unexpected value.
        rows.entry(key).and_modify(|other| *other = format!("{other} and {value}")).or_insert(value);
    }
    Ok(rows)
}
