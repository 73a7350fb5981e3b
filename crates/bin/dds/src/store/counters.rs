//! Update of counters, and their values afterwards.

use std::collections::BTreeSet;

use consumer::Failure;
use database::{PgTimestamp, Transaction, get, statement};
use futures_util::try_join;
use jiff::civil::DateTime;
use orders::Counter;

use super::column::column;
use crate::{
    publish::{CounterSnapshot, Subject},
    transform::{
        CounterDeltas, TouchedCounters,
        counters::{Pair, ProductDelta},
    },
};

/// Applies the changes and returns the final value of every touched counter.
///
/// Changed counters are returned by the statement that changes them. The others, and those whose business key is not in
/// the batch (an order has lost the product), are read.
pub(super) async fn apply_deltas(
    transaction: &Transaction,
    deltas: &CounterDeltas<'_>,
    touched: &TouchedCounters<'_>,
) -> Result<Vec<CounterSnapshot>, Failure> {
    let named = |pair: &Pair| touched.product_ids.contains_key(&pair.1) && deltas.products.contains_key(pair);
    let other_products = touched.products.iter().filter(|pair| !named(pair)).copied().collect();
    let named = |pair: &Pair| touched.category_names.contains_key(&pair.1) && deltas.categories.contains_key(pair);
    let other_categories = touched.categories.iter().filter(|pair| !named(pair)).copied().collect();
    let (changed_products, changed_categories, products, categories) = try_join!(
        add_products(transaction, deltas, touched),
        add_categories(transaction, deltas, touched),
        read_products(transaction, &other_products, touched),
        read_categories(transaction, &other_categories, touched),
    )?;
    Ok(changed_products.into_iter().chain(changed_categories).chain(products).chain(categories).collect())
}

async fn add_products(
    transaction: &Transaction,
    deltas: &CounterDeltas<'_>,
    touched: &TouchedCounters<'_>,
) -> Result<Vec<CounterSnapshot>, Failure> {
    // A product that only lost orders and whose count is unchanged needs no write.
    let is_news = |delta: &ProductDelta<'_>| delta.count != 0 || delta.name.is_some();
    let rows: Vec<_> = deltas.products.iter().filter(|(_, delta)| is_news(delta)).collect();
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    // If the batch has no name for the product, the row exists and keeps its own: an old name never replaces a newer
    // one.
    let nameless = (PgTimestamp::new(DateTime::constant(0, 1, 1, 0, 0, 0, 0)), "");
    let names = rows.iter().map(|(_, delta)| match delta.name {
        Some((read_at, name)) => (PgTimestamp::new(read_at), name),
        None => nameless,
    });
    let (dates, texts): (Vec<PgTimestamp>, Vec<&str>) = names.unzip();
    let users = column(&rows, |(pair, _)| pair.0);
    let products = column(&rows, |(pair, _)| pair.1);
    let counts = column(&rows, |(_, delta)| delta.count);
    let statement = statement!("dds/counters/upsert_user_product_counters");
    let rows = transaction.query(&statement, [&users, &products, &counts, &texts, &dates]).await?;
    let snapshots = rows.iter().map(|row| {
        let (user_pk, product_pk) = (get(row, 0)?, get(row, 1)?);
        let ids = touched.user_ids.get(&user_pk).zip(touched.product_ids.get(&product_pk));
        let counter = Counter { name: get(row, 2)?, order_cnt: get(row, 3)?, version: get(row, 4)? };
        Ok(ids.map(|(user_id, product_id)| CounterSnapshot {
            user_id: (*user_id).to_owned(),
            subject: Subject::Product((*product_id).to_owned()),
            counter,
        }))
    });
    snapshots.filter_map(Result::transpose).collect()
}

async fn add_categories(
    transaction: &Transaction,
    deltas: &CounterDeltas<'_>,
    touched: &TouchedCounters<'_>,
) -> Result<Vec<CounterSnapshot>, Failure> {
    if deltas.categories.is_empty() {
        return Ok(Vec::new());
    }
    let users = column(deltas.categories.keys(), |pair| pair.0);
    let categories = column(deltas.categories.keys(), |pair| pair.1);
    let counts = column(deltas.categories.values(), |count| *count);
    let statement = statement!("dds/counters/upsert_user_category_counters");
    let rows = transaction.query(&statement, [&users, &categories, &counts]).await?;
    let snapshots = rows.iter().map(|row| {
        let (user_pk, category_pk) = (get(row, 0)?, get(row, 1)?);
        let names = touched.user_ids.get(&user_pk).zip(touched.category_names.get(&category_pk));
        let (order_cnt, version) = (get(row, 2)?, get(row, 3)?);
        Ok(names.map(|(user_id, name)| CounterSnapshot {
            user_id: (*user_id).to_owned(),
            subject: Subject::Category,
            counter: Counter { name: (*name).to_owned(), order_cnt, version },
        }))
    });
    snapshots.filter_map(Result::transpose).collect()
}

async fn read_products(
    transaction: &Transaction,
    pairs: &BTreeSet<Pair>,
    touched: &TouchedCounters<'_>,
) -> Result<Vec<CounterSnapshot>, Failure> {
    if pairs.is_empty() {
        return Ok(Vec::new());
    }
    let users = column(pairs, |pair| pair.0);
    let products = column(pairs, |pair| pair.1);
    let statement = statement!("dds/counters/select_user_product_counters");
    let rows = transaction.query(&statement, [&users, &products]).await?;
    let snapshots = rows.iter().map(|row| {
        let subject = Subject::Product(get(row, 1)?);
        let counter = Counter { name: get(row, 2)?, order_cnt: get(row, 3)?, version: get(row, 4)? };
        let user_id = touched.user_ids.get(&get(row, 0)?);
        Ok(user_id.map(|user_id| CounterSnapshot { user_id: (*user_id).to_owned(), subject, counter }))
    });
    snapshots.filter_map(Result::transpose).collect()
}

async fn read_categories(
    transaction: &Transaction,
    pairs: &BTreeSet<Pair>,
    touched: &TouchedCounters<'_>,
) -> Result<Vec<CounterSnapshot>, Failure> {
    if pairs.is_empty() {
        return Ok(Vec::new());
    }
    let users = column(pairs, |pair| pair.0);
    let categories = column(pairs, |pair| pair.1);
    let statement = statement!("dds/counters/select_user_category_counters");
    let rows = transaction.query(&statement, [&users, &categories]).await?;
    let snapshots = rows.iter().map(|row| {
        let counter = Counter { name: get(row, 1)?, order_cnt: get(row, 2)?, version: get(row, 3)? };
        let user_id = touched.user_ids.get(&get(row, 0)?);
        Ok(user_id.map(|user_id| CounterSnapshot {
            user_id: (*user_id).to_owned(),
            subject: Subject::Category,
            counter,
        }))
    });
    snapshots.filter_map(Result::transpose).collect()
}
