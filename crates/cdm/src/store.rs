//! One transaction: new users, then one upsert a mart; into the marts, or, during a rebuild, into those that are built.

use std::collections::{BTreeMap, HashSet};

use futures_util::try_join;
use orders::{Counter, Counters, keys};
use pipeline::{Failure, Outcome};
use uuid::Uuid;
use warehouse::{Statement, Transaction, Warehouse, get, statement};

use crate::transform::{self, Key};

/// Stores a batch of messages; a message that changed no counter was known already.
pub(crate) async fn store(warehouse: &Warehouse, service: &str, events: &[Counters]) -> Result<Vec<Outcome>, Failure> {
    let marts = transform::transform(events);
    let transaction = warehouse.begin().await?;
    let (_, _, (), products, categories) = try_join!(
        transaction.execute(&statement!("cdm/join_batches"), []),
        transaction.query(&statement!("cdm/choose_marts"), [&service]),
        insert_users(&transaction, &marts.users),
        upsert(&transaction, statement!("cdm/upsert_user_product_counters"), &marts.products),
        upsert(&transaction, statement!("cdm/upsert_user_category_counters"), &marts.categories),
    )?;
    transaction.commit().await?;

    let outcome = |event: &Counters| {
        let user_pk = keys::user(&event.user_id);
        let product = event.products.keys().any(|id| products.contains(&(user_pk, keys::product(id))));
        let category = event.categories.keys().any(|name| categories.contains(&(user_pk, keys::category(name))));
        if product || category { Outcome::Stored } else { Outcome::Unchanged }
    };
    Ok(events.iter().map(outcome).collect())
}

async fn insert_users(transaction: &Transaction, users: &BTreeMap<Uuid, &str>) -> Result<(), Failure> {
    let (keys, ids): (Vec<Uuid>, Vec<&str>) = users.iter().unzip();
    transaction.execute(&statement!("cdm/insert_users"), [&keys, &ids]).await?;
    Ok(())
}

/// Upserts the rows of one mart and returns which of them changed.
async fn upsert(
    transaction: &Transaction,
    statement: Statement,
    rows: &BTreeMap<Key, &Counter>,
) -> Result<HashSet<Key>, Failure> {
    if rows.is_empty() {
        return Ok(HashSet::new());
    }
    let (users, subjects): (Vec<Uuid>, Vec<Uuid>) = rows.keys().copied().unzip();
    let names: Vec<&str> = rows.values().map(|row| row.name.as_str()).collect();
    let counts: Vec<i32> = rows.values().map(|row| row.order_cnt).collect();
    let versions: Vec<i64> = rows.values().map(|row| row.version).collect();
    let changed = transaction.query(&statement, [&users, &subjects, &names, &counts, &versions]).await?;
    changed.iter().map(|row| Ok((get(row, 0)?, get(row, 1)?))).collect()
}
