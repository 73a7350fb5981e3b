//! Storage of a batch in one transaction: new users, one upsert per mart, then the tags of users whose counters have
//! crossed a threshold. During a rebuild the batch is written to the marts being built.

use std::{
    cell::Cell,
    collections::{BTreeMap, HashMap},
};

use consumer::{Failure, Outcome};
use database::{Database, Parameters, Statement, Transaction, get, statement};
use futures_util::try_join;
use orders::{Counter, Counters, keys, tags::Subject};
use uuid::Uuid;

use crate::transform::{
    self, Key, Marts,
    tags::{self, CounterChange},
};

pub(crate) mod tagging;

/// Whether batches are likely to repeat counters that the marts already have, as in a replay: the last batch did. The
/// hint only selects the cheaper statement; the result is the same.
#[derive(Debug, Default)]
pub(crate) struct ReplayHint(Cell<bool>);

/// Stores a batch of messages. The outcome of a message that changed no counter is `Unchanged`.
pub(crate) async fn store(
    database: &Database,
    replay_hint: &ReplayHint,
    service: &str,
    events: &[Counters],
) -> Result<Vec<Outcome>, Failure> {
    let marts = transform::transform(events);
    let look_first = replay_hint.0.get();
    let transaction = database.begin_batch().await?;
    let (_, are_in_use, (), products, categories, rules, current_tags) = try_join!(
        transaction.execute(&statement!("cdm/marts/join_batches"), []),
        choose_marts(&transaction, service),
        insert_users(&transaction, &marts.users),
        upsert(&transaction, statement!("cdm/marts/upsert_user_product_counters"), &marts.products, look_first),
        upsert(&transaction, statement!("cdm/marts/upsert_user_category_counters"), &marts.categories, look_first),
        tagging::rules(&transaction, subjects(&marts)),
        tagging::current_tags(&transaction, marts.users.keys().copied().collect()),
    )?;
    // Marts being built assign no tags. All rules are applied when they are complete.
    if are_in_use {
        let changes = |subject: Subject, counts: &HashMap<Key, i32>| {
            let all = counts.iter();
            all.map(|(&(user_id, subject_id), &order_cnt)| CounterChange { user_id, subject, subject_id, order_cnt })
                .collect::<Vec<_>>()
        };
        let changes = [changes(Subject::Product, &products), changes(Subject::Category, &categories)].concat();
        let due = tags::due(&changes, &rules, &current_tags);
        if !due.is_empty() {
            tagging::lock_users(&transaction, &due).await?;
            tagging::apply(&transaction, &due.into_iter().collect::<Vec<_>>()).await?;
        }
    }
    transaction.commit().await?;
    let (changed, received) = (products.len() + categories.len(), marts.products.len() + marts.categories.len());
    replay_hint.0.set(changed < received / 2);

    let outcome = |event: &Counters| {
        let user_pk = keys::user(&event.user_id);
        let product = event.products.keys().any(|id| products.contains_key(&(user_pk, keys::product(id))));
        let category = event.categories.keys().any(|name| categories.contains_key(&(user_pk, keys::category(name))));
        if product || category { Outcome::Stored } else { Outcome::Unchanged }
    };
    Ok(events.iter().map(outcome).collect())
}

/// Selects the marts to write to. Returns whether they are the ones in use.
async fn choose_marts(transaction: &Transaction, service: &str) -> Result<bool, Failure> {
    let rows = transaction.query(&statement!("cdm/marts/choose_marts"), [&service]).await?;
    rows.first().map_or(Ok(false), |row| get(row, 0))
}

async fn insert_users(transaction: &Transaction, users: &BTreeMap<Uuid, &str>) -> Result<(), Failure> {
    let (keys, ids): (Vec<Uuid>, Vec<&str>) = users.iter().unzip();
    transaction.execute(&statement!("cdm/marts/insert_users"), [&keys, &ids]).await?;
    Ok(())
}

/// Upserts the rows of one mart and returns those that changed, with their counts.
async fn upsert(
    transaction: &Transaction,
    statement: Statement,
    rows: &BTreeMap<Key, &Counter>,
    look_first: bool,
) -> Result<HashMap<Key, i32>, Failure> {
    if rows.is_empty() {
        return Ok(HashMap::new());
    }
    let (users, subjects): (Vec<Uuid>, Vec<Uuid>) = rows.keys().copied().unzip();
    let names: Vec<&str> = rows.values().map(|row| row.name.as_str()).collect();
    let counts: Vec<i32> = rows.values().map(|row| row.order_cnt).collect();
    let versions: Vec<i64> = rows.values().map(|row| row.version).collect();
    let parameters: Parameters<'_, 6> = [&users, &subjects, &names, &counts, &versions, &look_first];
    let changed = transaction.query(&statement, parameters).await?;
    changed.iter().map(|row| Ok(((get(row, 0)?, get(row, 1)?), get(row, 2)?))).collect()
}

/// The products and categories of the batch.
fn subjects(marts: &Marts<'_>) -> Vec<Uuid> {
    let mut subjects: Vec<Uuid> =
        marts.products.keys().chain(marts.categories.keys()).map(|(_, subject)| *subject).collect();
    subjects.sort_unstable();
    subjects.dedup();
    subjects
}
