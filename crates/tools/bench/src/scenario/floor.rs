//! Floor: the speed of the machine, measured by copying the rows of a drain into empty tables over one connection.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use harness::Pipeline;

use crate::server::fixture::{Fixture, drop_database};

/// Every table that a drain fills, those that others refer to first.
const TABLES: [&str; 23] = [
    "stg.order_events",
    "dds.h_user",
    "dds.h_product",
    "dds.h_category",
    "dds.h_restaurant",
    "dds.h_order",
    "dds.l_order_product",
    "dds.l_product_restaurant",
    "dds.l_product_category",
    "dds.l_order_user",
    "dds.l_order_restaurant",
    "dds.s_user_names",
    "dds.s_product_names",
    "dds.s_restaurant_names",
    "dds.s_order_cost",
    "dds.s_order_status",
    "dds.s_order_product",
    "dds.bv_order_states",
    "dds.bv_user_product_counters",
    "dds.bv_user_category_counters",
    "cdm.users",
    "cdm.user_product_counters",
    "cdm.user_category_counters",
];

/// Copies all tables of `filled` into a fresh database and returns the seconds spent on copying in.
pub(crate) async fn floor(fixture: &Fixture, filled: &Pipeline) -> Result<f64> {
    let folder = fixture.stack.folder().join("postgres").join("floor");
    let files = folder.display();
    std::fs::create_dir_all(&folder)?;
    let owner = std::fs::metadata(fixture.stack.folder().join("postgres"))?;
    std::os::unix::fs::chown(&folder, Some(std::os::unix::fs::MetadataExt::uid(&owner)), None)?;
    let source = filled.database().await?;
    for table in TABLES {
        source.batch_execute(&format!("COPY {table} TO '{files}/{table}'")).await.context(table)?;
    }
    let empty = Pipeline::start_plain_on(fixture.stack.endpoints(), 1).await?.quiet();
    let target = empty.database().await?;
    empty.administer("CHECKPOINT").await?;
    let began = Instant::now();
    for table in TABLES {
        target.batch_execute(&format!("COPY {table} FROM '{files}/{table}'")).await.context(table)?;
    }
    let took = began.elapsed().as_secs_f64();
    std::fs::remove_dir_all(&folder)?;
    let rows = "SELECT count(*) FROM dds.s_order_product";
    ensure!(empty.count(rows).await? == filled.count(rows).await?, "the copy has another number of rows");
    drop_database(&empty).await?;
    Ok(took)
}
