//! Row counts, table by table.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use tokio_postgres::Client;

const TABLES: &str = "SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables
                      WHERE table_schema IN ('stg', 'dds', 'cdm') AND table_type = 'BASE TABLE'";

/// Counts the rows of every table of the three layers.
pub(super) async fn count(database: &Client) -> Result<BTreeMap<String, u64>> {
    let mut rows = BTreeMap::new();
    for table in database.query(TABLES, &[]).await.context("cannot list the tables of the database")? {
        let table: String = table.try_get(0)?;
        let count = number(database, &format!("SELECT count(*) FROM {table}")).await?;
        rows.insert(table, count);
    }
    Ok(rows)
}

/// Number of parked orders.
pub(super) async fn parked(database: &Client) -> Result<u64> {
    number(database, "SELECT count(*) FROM stg.order_events WHERE parked_at IS NOT NULL").await
}

async fn number(database: &Client, statement: &str) -> Result<u64> {
    let row = database.query_one(statement, &[]).await.with_context(|| statement.to_owned())?;
    Ok(u64::try_from(row.try_get::<_, i64>(0)?)?)
}
