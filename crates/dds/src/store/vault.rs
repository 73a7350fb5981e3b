//! New rows of hubs, links and the satellites of orders.

use std::collections::BTreeMap;

use futures_util::try_join;
use pipeline::Failure;
use uuid::Uuid;
use warehouse::{Statement, Timestamp, Transaction, statement};

use super::column::column;
use crate::transform::vault::{Cost, Hub, LinkRow, OrderHub, OrderLine, Status, Vault};

/// Writes them in one flight: all hubs, then all links, then the satellites.
pub(super) async fn write(transaction: &Transaction, load_src: &str, vault: &Vault<'_>) -> Result<(), Failure> {
    let hub = |statement, rows| insert_hubs(transaction, load_src, statement, rows);
    let link = |statement, rows| insert_links(transaction, load_src, statement, rows);
    try_join!(
        hub(statement!("dds/insert_hub_users"), &vault.users),
        hub(statement!("dds/insert_hub_products"), &vault.products),
        hub(statement!("dds/insert_hub_categories"), &vault.categories),
        hub(statement!("dds/insert_hub_restaurants"), &vault.restaurants),
        insert_orders(transaction, load_src, &vault.orders),
        link(statement!("dds/insert_link_order_users"), &vault.order_users),
        link(statement!("dds/insert_link_order_restaurants"), &vault.order_restaurants),
        link(statement!("dds/insert_link_order_products"), &vault.order_products),
        link(statement!("dds/insert_link_product_restaurants"), &vault.product_restaurants),
        link(statement!("dds/insert_link_product_categories"), &vault.product_categories),
        insert_costs(transaction, load_src, &vault.costs),
        insert_statuses(transaction, load_src, &vault.statuses),
        insert_lines(transaction, load_src, &vault.lines),
    )?;
    Ok(())
}

async fn insert_hubs(
    transaction: &Transaction,
    load_src: &str,
    statement: Statement,
    rows: &BTreeMap<Uuid, Hub<'_>>,
) -> Result<(), Failure> {
    if rows.is_empty() {
        return Ok(());
    }
    let pks = column(rows.keys(), |pk| *pk);
    let business_keys = column(rows.values(), |row| row.key);
    let dates = column(rows.values(), |row| Timestamp::new(row.load_dt));
    transaction.execute(&statement, [&pks, &business_keys, &dates, &load_src]).await?;
    Ok(())
}

async fn insert_orders(
    transaction: &Transaction,
    load_src: &str,
    rows: &BTreeMap<Uuid, OrderHub>,
) -> Result<(), Failure> {
    if rows.is_empty() {
        return Ok(());
    }
    let pks = column(rows.keys(), |pk| *pk);
    let ids = column(rows.values(), |row| row.order_id);
    let ordered = column(rows.values(), |row| Timestamp::new(row.order_dt));
    let dates = column(rows.values(), |row| Timestamp::new(row.load_dt));
    let statement = statement!("dds/insert_hub_orders");
    transaction.execute(&statement, [&pks, &ids, &ordered, &dates, &load_src]).await?;
    Ok(())
}

async fn insert_links(
    transaction: &Transaction,
    load_src: &str,
    statement: Statement,
    rows: &BTreeMap<Uuid, LinkRow>,
) -> Result<(), Failure> {
    if rows.is_empty() {
        return Ok(());
    }
    let pks = column(rows.keys(), |pk| *pk);
    let left = column(rows.values(), |row| row.left);
    let right = column(rows.values(), |row| row.right);
    let dates = column(rows.values(), |row| Timestamp::new(row.load_dt));
    transaction.execute(&statement, [&pks, &left, &right, &dates, &load_src]).await?;
    Ok(())
}

async fn insert_costs(transaction: &Transaction, load_src: &str, rows: &[Cost]) -> Result<(), Failure> {
    if rows.is_empty() {
        return Ok(());
    }
    let pks = column(rows, |row| row.order_pk);
    let costs = column(rows, |row| row.cost.to_string());
    let payments = column(rows, |row| row.payment.to_string());
    let dates = column(rows, |row| Timestamp::new(row.load_dt));
    let hashdiffs = column(rows, |row| row.hashdiff);
    let statement = statement!("dds/insert_order_costs");
    transaction.execute(&statement, [&pks, &costs, &payments, &dates, &hashdiffs, &load_src]).await?;
    Ok(())
}

async fn insert_statuses(transaction: &Transaction, load_src: &str, rows: &[Status]) -> Result<(), Failure> {
    if rows.is_empty() {
        return Ok(());
    }
    let pks = column(rows, |row| row.order_pk);
    let statuses = column(rows, |row| row.status.as_str());
    let dates = column(rows, |row| Timestamp::new(row.load_dt));
    let hashdiffs = column(rows, |row| row.hashdiff);
    let statement = statement!("dds/insert_order_statuses");
    transaction.execute(&statement, [&pks, &statuses, &dates, &hashdiffs, &load_src]).await?;
    Ok(())
}

async fn insert_lines(transaction: &Transaction, load_src: &str, rows: &[OrderLine]) -> Result<(), Failure> {
    if rows.is_empty() {
        return Ok(());
    }
    let pks = column(rows, |row| row.link_pk);
    let quantities = column(rows, |row| row.line.quantity);
    let amounts = column(rows, |row| row.line.amount.to_string());
    let categories = column(rows, |row| row.line.category_pk);
    let dates = column(rows, |row| Timestamp::new(row.load_dt));
    let hashdiffs = column(rows, |row| row.hashdiff);
    let statement = statement!("dds/insert_order_products");
    transaction.execute(&statement, [&pks, &quantities, &amounts, &categories, &dates, &hashdiffs, &load_src]).await?;
    Ok(())
}
