//! Counters: what the batch adds, and what they are afterwards.

use std::collections::BTreeSet;

use consumer::Failure;
use database::{PgTimestamp, Transaction, get, statement};
use futures_util::try_join;
use jiff::civil::DateTime;
use orders::Counter;

use super::column::column;
use crate::{
    publish::{Reading, Subject},
    transform::{
        Differences, Mention,
        counters::{Pair, ProductDifference},
    },
};

/// Adds the differences and returns every mentioned counter as the transaction leaves it.
///
/// Counters that the batch changes come back from the statement that changes them; the others, and those whose business
/// key the batch does not name (an order has lost the product), are read.
pub(super) async fn write(
    transaction: &Transaction,
    differences: &Differences<'_>,
    mentioned: &Mention<'_>,
) -> Result<Vec<Reading>, Failure> {
    let named = |pair: &Pair| mentioned.product_ids.contains_key(&pair.1) && differences.products.contains_key(pair);
    let other_products = mentioned.products.iter().filter(|pair| !named(pair)).copied().collect();
    let named =
        |pair: &Pair| mentioned.category_names.contains_key(&pair.1) && differences.categories.contains_key(pair);
    let other_categories = mentioned.categories.iter().filter(|pair| !named(pair)).copied().collect();
    let (changed_products, changed_categories, products, categories) = try_join!(
        add_products(transaction, differences, mentioned),
        add_categories(transaction, differences, mentioned),
        read_products(transaction, &other_products, mentioned),
        read_categories(transaction, &other_categories, mentioned),
    )?;
    Ok(changed_products.into_iter().chain(changed_categories).chain(products).chain(categories).collect())
}

async fn add_products(
    transaction: &Transaction,
    differences: &Differences<'_>,
    mentioned: &Mention<'_>,
) -> Result<Vec<Reading>, Failure> {
    // A product that the orders only lost and that stays as it was needs no write.
    let is_news = |difference: &ProductDifference<'_>| difference.count != 0 || difference.name.is_some();
    let rows: Vec<_> = differences.products.iter().filter(|(_, difference)| is_news(difference)).collect();
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    // Where the batch brings no name the row is there and keeps its own: a name of long ago never wins.
    let nameless = (PgTimestamp::new(DateTime::constant(0, 1, 1, 0, 0, 0, 0)), "");
    let names = rows.iter().map(|(_, difference)| match difference.name {
        Some((read_at, name)) => (PgTimestamp::new(read_at), name),
        None => nameless,
    });
    let (dates, texts): (Vec<PgTimestamp>, Vec<&str>) = names.unzip();
    let users = column(&rows, |(pair, _)| pair.0);
    let products = column(&rows, |(pair, _)| pair.1);
    let counts = column(&rows, |(_, difference)| difference.count);
    let statement = statement!("dds/upsert_user_product_counters");
    let rows = transaction.query(&statement, [&users, &products, &counts, &texts, &dates]).await?;
    let readings = rows.iter().map(|row| {
        let (user_pk, product_pk) = (get(row, 0)?, get(row, 1)?);
        let ids = mentioned.user_ids.get(&user_pk).zip(mentioned.product_ids.get(&product_pk));
        let counter = Counter { name: get(row, 2)?, order_cnt: get(row, 3)?, version: get(row, 4)? };
        Ok(ids.map(|(user_id, product_id)| Reading {
            user_id: (*user_id).to_owned(),
            subject: Subject::Product((*product_id).to_owned()),
            counter,
        }))
    });
    readings.filter_map(Result::transpose).collect()
}

async fn add_categories(
    transaction: &Transaction,
    differences: &Differences<'_>,
    mentioned: &Mention<'_>,
) -> Result<Vec<Reading>, Failure> {
    if differences.categories.is_empty() {
        return Ok(Vec::new());
    }
    let users = column(differences.categories.keys(), |pair| pair.0);
    let categories = column(differences.categories.keys(), |pair| pair.1);
    let counts = column(differences.categories.values(), |count| *count);
    let statement = statement!("dds/upsert_user_category_counters");
    let rows = transaction.query(&statement, [&users, &categories, &counts]).await?;
    let readings = rows.iter().map(|row| {
        let (user_pk, category_pk) = (get(row, 0)?, get(row, 1)?);
        let names = mentioned.user_ids.get(&user_pk).zip(mentioned.category_names.get(&category_pk));
        let (order_cnt, version) = (get(row, 2)?, get(row, 3)?);
        Ok(names.map(|(user_id, name)| Reading {
            user_id: (*user_id).to_owned(),
            subject: Subject::Category,
            counter: Counter { name: (*name).to_owned(), order_cnt, version },
        }))
    });
    readings.filter_map(Result::transpose).collect()
}

async fn read_products(
    transaction: &Transaction,
    pairs: &BTreeSet<Pair>,
    mentioned: &Mention<'_>,
) -> Result<Vec<Reading>, Failure> {
    if pairs.is_empty() {
        return Ok(Vec::new());
    }
    let users = column(pairs, |pair| pair.0);
    let products = column(pairs, |pair| pair.1);
    let statement = statement!("dds/select_user_product_counters");
    let rows = transaction.query(&statement, [&users, &products]).await?;
    let readings = rows.iter().map(|row| {
        let subject = Subject::Product(get(row, 1)?);
        let counter = Counter { name: get(row, 2)?, order_cnt: get(row, 3)?, version: get(row, 4)? };
        let user_id = mentioned.user_ids.get(&get(row, 0)?);
        Ok(user_id.map(|user_id| Reading { user_id: (*user_id).to_owned(), subject, counter }))
    });
    readings.filter_map(Result::transpose).collect()
}

async fn read_categories(
    transaction: &Transaction,
    pairs: &BTreeSet<Pair>,
    mentioned: &Mention<'_>,
) -> Result<Vec<Reading>, Failure> {
    if pairs.is_empty() {
        return Ok(Vec::new());
    }
    let users = column(pairs, |pair| pair.0);
    let categories = column(pairs, |pair| pair.1);
    let statement = statement!("dds/select_user_category_counters");
    let rows = transaction.query(&statement, [&users, &categories]).await?;
    let readings = rows.iter().map(|row| {
        let counter = Counter { name: get(row, 1)?, order_cnt: get(row, 2)?, version: get(row, 3)? };
        let user_id = mentioned.user_ids.get(&get(row, 0)?);
        Ok(user_id.map(|user_id| Reading { user_id: (*user_id).to_owned(), subject: Subject::Category, counter }))
    });
    readings.filter_map(Result::transpose).collect()
}
