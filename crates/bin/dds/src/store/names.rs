//! Name satellites of users, products and restaurants: names are compared with the latest rows and inserted if they
//! have changed.

use consumer::Failure;
use database::{PgTimestamp, Statement, Transaction, get, statement};
use futures_util::try_join;
use uuid::Uuid;

use super::{
    Latest,
    column::{column, get_utc_micros},
    distinct,
};
use crate::transform::{
    HashedOrder,
    vault::{self, Name, Names},
};

/// The latest name rows of the users, products and restaurants of a batch.
pub(super) struct LatestNames {
    users: Latest,
    products: Latest,
    restaurants: Latest,
}

/// Reads the latest rows without locks. Usually nothing has changed.
pub(super) async fn latest(transaction: &Transaction, orders: &[HashedOrder<'_>]) -> Result<LatestNames, Failure> {
    let users = distinct(orders.iter().map(|order| order.user_pk));
    let products = orders.iter().flat_map(|order| &order.products);
    let products = distinct(products.map(|line| line.product_pk));
    let restaurants = distinct(orders.iter().map(|order| order.restaurant_pk));
    let (users, products, restaurants) = try_join!(
        read_latest(transaction, statement!("dds/names/select_latest_user_names"), users),
        read_latest(transaction, statement!("dds/names/select_latest_product_names"), products),
        read_latest(transaction, statement!("dds/names/select_latest_restaurant_names"), restaurants),
    )?;
    Ok(LatestNames { users, products, restaurants })
}

async fn read_latest(transaction: &Transaction, statement: Statement, parents: Vec<Uuid>) -> Result<Latest, Failure> {
    let rows = transaction.query(&statement, [&parents]).await?;
    rows.iter().map(|row| Ok((get(row, 0)?, (get_utc_micros(row, 1)?, get(row, 2)?)))).collect()
}

/// The names that differ from the latest rows.
pub(super) fn changed<'o>(names: Names<'o>, latest: &LatestNames) -> Names<'o> {
    Names {
        users: vault::changed(names.users, &latest.users),
        products: vault::changed(names.products, &latest.products),
        restaurants: vault::changed(names.restaurants, &latest.restaurants),
    }
}

/// Locks the hubs of the changed names, then inserts the names that still differ under the lock.
pub(super) async fn write(transaction: &Transaction, load_src: &str, changed: &Names<'_>) -> Result<(), Failure> {
    let product = (statement!("dds/names/lock_products"), statement!("dds/names/insert_product_names"));
    let restaurant = (statement!("dds/names/lock_restaurants"), statement!("dds/names/insert_restaurant_names"));
    try_join!(
        write_users(transaction, load_src, &changed.users),
        write_single(transaction, load_src, product, &changed.products),
        write_single(transaction, load_src, restaurant, &changed.restaurants),
    )?;
    Ok(())
}

async fn write_users(transaction: &Transaction, load_src: &str, names: &[Name<'_, 2>]) -> Result<(), Failure> {
    if names.is_empty() {
        return Ok(());
    }
    let parents = column(names, |name| name.parent);
    let usernames = column(names, |name| name.names[0]);
    let logins = column(names, |name| name.names[1]);
    let dates = column(names, |name| PgTimestamp::new(name.load_dt));
    let hashdiffs = column(names, |name| name.hashdiff);
    let (lock, insert) = (statement!("dds/names/lock_users"), statement!("dds/names/insert_user_names"));
    try_join!(
        transaction.execute(&lock, [&parents]),
        transaction.execute(&insert, [&parents, &usernames, &logins, &dates, &hashdiffs, &load_src]),
    )?;
    Ok(())
}

async fn write_single(
    transaction: &Transaction,
    load_src: &str,
    (lock, insert): (Statement, Statement),
    names: &[Name<'_, 1>],
) -> Result<(), Failure> {
    if names.is_empty() {
        return Ok(());
    }
    let parents = column(names, |name| name.parent);
    let texts = column(names, |name| name.names[0]);
    let dates = column(names, |name| PgTimestamp::new(name.load_dt));
    let hashdiffs = column(names, |name| name.hashdiff);
    try_join!(
        transaction.execute(&lock, [&parents]),
        transaction.execute(&insert, [&parents, &texts, &dates, &hashdiffs, &load_src]),
    )?;
    Ok(())
}
