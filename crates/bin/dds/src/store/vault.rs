//! Insertion of hubs, links and order satellites.

use std::collections::BTreeMap;

use consumer::Failure;
use database::{PgTimestamp, Statement, Transaction, statement};
use futures_util::try_join;
use uuid::Uuid;

use super::column::column;
use crate::transform::vault::{Cost, Hub, LinkRow, OrderHub, OrderLine, OrderRows, Status, Vault};

/// Sends all inserts without waiting in between: rows that belong to one order, then shared hubs, then links to shared
/// hubs.
///
/// If two batches insert the same new user or product, the second waits for the commit of the first. In this order,
/// most of its work is done by then.
///
/// If `strict`, an existing row of a new order is an error. This is much cheaper than a conflict check.
pub(super) async fn write(
    transaction: &Transaction,
    load_src: &str,
    vault: &Vault<'_>,
    strict: bool,
) -> Result<(), Failure> {
    let hub = |statement, rows| insert_hubs(transaction, load_src, statement, rows);
    let link = |statement, rows| insert_links(transaction, load_src, statement, rows);
    let (new, known) = (&vault.new_orders, &vault.known_orders);
    try_join!(
        insert_orders_alone(transaction, load_src, new, strict),
        insert_orders_alone(transaction, load_src, known, false),
        insert_costs(transaction, load_src, &vault.costs),
        insert_statuses(transaction, load_src, &vault.statuses),
        insert_lines(transaction, load_src, &vault.lines),
        hub(statement!("dds/vault/insert_hub_users"), &vault.users),
        hub(statement!("dds/vault/insert_hub_products"), &vault.products),
        hub(statement!("dds/vault/insert_hub_categories"), &vault.categories),
        hub(statement!("dds/vault/insert_hub_restaurants"), &vault.restaurants),
        link_orders(transaction, load_src, new, strict),
        link_orders(transaction, load_src, known, false),
        link(statement!("dds/vault/insert_link_product_restaurants"), &vault.product_restaurants),
        link(statement!("dds/vault/insert_link_product_categories"), &vault.product_categories),
    )?;
    Ok(())
}

/// Inserts hubs of orders, and the links without foreign keys.
async fn insert_orders_alone(
    transaction: &Transaction,
    load_src: &str,
    rows: &OrderRows,
    strict: bool,
) -> Result<(), Failure> {
    let hubs = chosen(statement!("dds/vault/insert_hub_orders"), strict);
    let links = chosen(statement!("dds/vault/insert_link_order_restaurants"), strict);
    try_join!(
        insert_orders(transaction, load_src, hubs, &rows.orders),
        insert_links(transaction, load_src, links, &rows.restaurants),
    )?;
    Ok(())
}

/// Inserts links from orders to shared hubs.
async fn link_orders(transaction: &Transaction, load_src: &str, rows: &OrderRows, strict: bool) -> Result<(), Failure> {
    let users = chosen(statement!("dds/vault/insert_link_order_users"), strict);
    let products = chosen(statement!("dds/vault/insert_link_order_products"), strict);
    try_join!(
        insert_links(transaction, load_src, users, &rows.users),
        insert_links(transaction, load_src, products, &rows.products),
    )?;
    Ok(())
}

fn chosen(statement: Statement, strict: bool) -> Statement {
    if strict { strictly(statement) } else { statement }
}

/// The statement without ON CONFLICT DO NOTHING: an existing row is an error.
fn strictly(statement: Statement) -> Statement {
    let sql = statement.sql.trim_end();
    Statement { sql: sql.strip_suffix("ON CONFLICT DO NOTHING").unwrap_or(sql), ..statement }
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
    let dates = column(rows.values(), |row| PgTimestamp::new(row.load_dt));
    transaction.execute(&statement, [&pks, &business_keys, &dates, &load_src]).await?;
    Ok(())
}

async fn insert_orders(
    transaction: &Transaction,
    load_src: &str,
    statement: Statement,
    rows: &BTreeMap<Uuid, OrderHub>,
) -> Result<(), Failure> {
    if rows.is_empty() {
        return Ok(());
    }
    let pks = column(rows.keys(), |pk| *pk);
    let ids = column(rows.values(), |row| row.order_id);
    let ordered = column(rows.values(), |row| PgTimestamp::new(row.order_dt));
    let dates = column(rows.values(), |row| PgTimestamp::new(row.load_dt));
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
    let dates = column(rows.values(), |row| PgTimestamp::new(row.load_dt));
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
    let dates = column(rows, |row| PgTimestamp::new(row.load_dt));
    let hashdiffs = column(rows, |row| row.hashdiff);
    let statement = statement!("dds/satellites/insert_order_costs");
    transaction.execute(&statement, [&pks, &costs, &payments, &dates, &hashdiffs, &load_src]).await?;
    Ok(())
}

async fn insert_statuses(transaction: &Transaction, load_src: &str, rows: &[Status]) -> Result<(), Failure> {
    if rows.is_empty() {
        return Ok(());
    }
    let pks = column(rows, |row| row.order_pk);
    let statuses = column(rows, |row| row.status.as_str());
    let dates = column(rows, |row| PgTimestamp::new(row.load_dt));
    let hashdiffs = column(rows, |row| row.hashdiff);
    let statement = statement!("dds/satellites/insert_order_statuses");
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
    let dates = column(rows, |row| PgTimestamp::new(row.load_dt));
    let hashdiffs = column(rows, |row| row.hashdiff);
    let statement = statement!("dds/satellites/insert_order_products");
    transaction.execute(&statement, [&pks, &quantities, &amounts, &categories, &dates, &hashdiffs, &load_src]).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use database::statement;

    use super::strictly;

    #[test]
    fn strict_statements_have_no_on_conflict_clause() {
        for statement in [
            statement!("dds/vault/insert_hub_orders"),
            statement!("dds/vault/insert_link_order_users"),
            statement!("dds/vault/insert_link_order_restaurants"),
            statement!("dds/vault/insert_link_order_products"),
        ] {
            assert!(statement.sql.contains("ON CONFLICT DO NOTHING"), "{}", statement.name);
            assert!(!strictly(statement).sql.contains("ON CONFLICT"), "{}", statement.name);
        }
    }
}
