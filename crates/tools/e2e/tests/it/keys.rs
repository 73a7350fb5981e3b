//! Tests of hash keys: every key and hashdiff of a loaded vault is recomputed from its row, because SQL has no SHA-1.

use anyhow::{Context, Result, ensure};
use harness::{Pipeline, Workload};
use orders::Amount;
use orders::keys::{self, Link};
use uuid::Uuid;

#[tokio::test]
async fn every_key_and_hashdiff_follows_from_its_row() -> Result<()> {
    let week = Workload::dirty(61, 300);
    let pipeline = Pipeline::start(1).await?;
    pipeline.name(&week.reference).await?;
    pipeline.load(&week.events).await?;
    let _services = pipeline.start_all().await?;
    pipeline.wait_idle().await?;

    for (table, columns) in [
        ("h_user", "h_user_pk, user_id"),
        ("h_product", "h_product_pk, product_id"),
        ("h_category", "h_category_pk, category_name"),
        ("h_restaurant", "h_restaurant_pk, restaurant_id"),
        ("h_order", "h_order_pk, order_id"),
    ] {
        check(&pipeline, table, columns, |cells| Ok(keys::hub(&cells[0]))).await?;
    }
    for (link, table, columns) in [
        (Link::OrderProduct, "l_order_product", "hk_order_product_pk, h_order_pk, h_product_pk"),
        (Link::ProductRestaurant, "l_product_restaurant", "hk_product_restaurant_pk, h_product_pk, h_restaurant_pk"),
        (Link::ProductCategory, "l_product_category", "hk_product_category_pk, h_product_pk, h_category_pk"),
        (Link::OrderUser, "l_order_user", "hk_order_user_pk, h_order_pk, h_user_pk"),
        (Link::OrderRestaurant, "l_order_restaurant", "hk_order_restaurant_pk, h_order_pk, h_restaurant_pk"),
    ] {
        check(&pipeline, table, columns, |cells| Ok(keys::link(link, cells[0].parse()?, cells[1].parse()?))).await?;
    }
    for (table, columns) in [
        ("s_user_names", "hk_user_names_hashdiff, h_user_pk, username, userlogin"),
        ("s_product_names", "hk_product_names_hashdiff, h_product_pk, name"),
        ("s_restaurant_names", "hk_restaurant_names_hashdiff, h_restaurant_pk, name"),
        ("s_order_status", "hk_order_status_hashdiff, h_order_pk, status"),
    ] {
        check(&pipeline, table, columns, hashdiff).await?;
    }
    let costs = "hk_order_cost_hashdiff, h_order_pk, cost, payment";
    check(&pipeline, "s_order_cost", costs, |cells| {
        hashdiff(&[cells[0].clone(), amount(&cells[1])?, amount(&cells[2])?])
    })
    .await?;
    let lines = "hk_order_product_hashdiff, hk_order_product_pk, quantity, amount, h_category_pk";
    check(&pipeline, "s_order_product", lines, |cells| {
        hashdiff(&[cells[0].clone(), cells[1].clone(), amount(&cells[2])?, cells[3].clone()])
    })
    .await
}

/// Asserts that the first column is what `key` computes from the others in every row, and that there are rows.
async fn check(pipeline: &Pipeline, table: &str, columns: &str, key: impl Fn(&[String]) -> Result<Uuid>) -> Result<()> {
    let rows = pipeline.sql(&format!("SELECT {columns} FROM dds.{table}")).await?;
    ensure!(!rows.is_empty(), "dds.{table} is empty");
    for row in rows {
        let cells: Vec<String> = row.split('|').map(str::to_owned).collect();
        let (stored, rest) = cells.split_first().context("no columns")?;
        let worked_out = key(rest)?;
        ensure!(worked_out.to_string() == *stored, "dds.{table}: {row} should have {worked_out}");
    }
    Ok(())
}

/// Hash of the parent's key and the attributes.
fn hashdiff(cells: &[String]) -> Result<Uuid> {
    let (parent, attributes) = cells.split_first().context("no parent")?;
    let attributes: Vec<Option<&str>> = attributes.iter().map(|text| Some(text.as_str())).collect();
    Ok(keys::hashdiff(parent.parse()?, &attributes))
}

/// In the format of the hashdiff: `249.5`, where the column has `249.50000`.
fn amount(text: &str) -> Result<String> {
    Ok(Amount::read(text).with_context(|| format!("{text} is no amount"))?.to_string())
}
