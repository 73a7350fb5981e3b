//! Storage of a batch of orders in one transaction: lock the stored orders, compute the changes, write them.

use std::collections::{BTreeMap, HashMap};

use consumer::{Failure, MAX_BATCH_OUTPUT_BYTES, StoreResult};
use database::{Database, PgTimestamp, Row as DatabaseRow, Transaction, get, statement};
use futures_util::try_join;
use jiff::civil::DateTime;
use orders::{Event, UtcMicros, Version};
use reference::Lookup;

use crate::transform::{self, Changes, Missing, Row, StoredOrder};

/// Stores a batch of events with the names that were read at `now`.
pub(crate) async fn store(
    database: &Database,
    events: &[Event],
    lookup: &Lookup,
    now: UtcMicros,
    limit: usize,
) -> Result<StoreResult, Failure> {
    let transaction = database.begin_batch().await?;
    let stored_order = lock(&transaction, events).await?;
    let Changes { outcomes, new, changed, messages } = transform::transform(&stored_order, events, lookup, now, limit)?;
    try_join!(
        insert(&transaction, &new),
        update(&transaction, &changed),
        replace_missing(&transaction, changed.keys().copied().collect(), &new, &changed),
    )?;
    transaction.commit().await?;
    Ok(StoreResult { outcomes, messages })
}

async fn lock(transaction: &Transaction, events: &[Event]) -> Result<HashMap<i64, StoredOrder>, Failure> {
    let ids: Vec<i64> = events.iter().map(|event| event.object_id).collect();
    let budget = if events.len() > 1 { i64::try_from(MAX_BATCH_OUTPUT_BYTES).unwrap_or(i64::MAX) } else { i64::MAX };
    let rows = transaction.query(&statement!("stg/orders/lock_order_events"), [&ids, &budget]).await?;
    if let Some(row) = rows.first()
        && get(row, 6)?
    {
        return Err(Failure::BatchTooLarge);
    }
    rows.iter().map(|row| Ok((get(row, 0)?, read(row)?))).collect()
}

fn read(row: &DatabaseRow) -> Result<StoredOrder, Failure> {
    Ok(StoredOrder {
        version: Version::from_text(get(row, 1)?),
        user_id: get(row, 2)?,
        enriched: get(row, 3)?,
        parked_at: get::<Option<DateTime>>(row, 4)?.and_then(UtcMicros::from_civil),
        released_at: get::<Option<DateTime>>(row, 5)?.and_then(UtcMicros::from_civil),
    })
}

async fn insert(transaction: &Transaction, rows: &BTreeMap<i64, Row>) -> Result<(), Failure> {
    if rows.is_empty() {
        return Ok(());
    }
    let ids: Vec<i64> = rows.keys().copied().collect();
    let sent: Vec<PgTimestamp> = rows.values().map(|row| PgTimestamp::new(row.sent_at)).collect();
    let payloads: Vec<&str> = rows.values().map(|row| row.payload.as_str()).collect();
    let versions: Vec<&str> = rows.values().map(|row| row.stored_order.version.as_str()).collect();
    let users: Vec<&str> = rows.values().map(|row| row.stored_order.user_id.as_str()).collect();
    let enriched: Vec<Option<&str>> = rows.values().map(|row| row.stored_order.enriched.as_deref()).collect();
    let parked: Vec<Option<PgTimestamp>> =
        rows.values().map(|row| row.stored_order.parked_at.map(PgTimestamp::new)).collect();
    let publish_without_offset: Vec<bool> = rows.values().map(|row| row.publish_without_offset).collect();
    let statement = statement!("stg/orders/insert_order_events");
    transaction
        .execute(&statement, [&ids, &sent, &payloads, &versions, &users, &enriched, &parked, &publish_without_offset])
        .await?;
    Ok(())
}

async fn update(transaction: &Transaction, rows: &BTreeMap<i64, Row>) -> Result<(), Failure> {
    if rows.is_empty() {
        return Ok(());
    }
    let ids: Vec<i64> = rows.keys().copied().collect();
    let sent: Vec<PgTimestamp> = rows.values().map(|row| PgTimestamp::new(row.sent_at)).collect();
    let payloads: Vec<&str> = rows.values().map(|row| row.payload.as_str()).collect();
    let versions: Vec<&str> = rows.values().map(|row| row.stored_order.version.as_str()).collect();
    let enriched: Vec<Option<&str>> = rows.values().map(|row| row.stored_order.enriched.as_deref()).collect();
    let parked: Vec<Option<PgTimestamp>> =
        rows.values().map(|row| row.stored_order.parked_at.map(PgTimestamp::new)).collect();
    let released: Vec<Option<PgTimestamp>> =
        rows.values().map(|row| row.stored_order.released_at.map(PgTimestamp::new)).collect();
    let publish_without_offset: Vec<bool> = rows.values().map(|row| row.publish_without_offset).collect();
    let statement = statement!("stg/orders/update_order_events");
    transaction
        .execute(
            &statement,
            [&ids, &sent, &payloads, &versions, &enriched, &parked, &released, &publish_without_offset],
        )
        .await?;
    Ok(())
}

/// Replaces the missing names of some orders by those of `rows`.
async fn replace_missing(
    transaction: &Transaction,
    known: Vec<i64>,
    new: &BTreeMap<i64, Row>,
    changed: &BTreeMap<i64, Row>,
) -> Result<(), Failure> {
    let waiting =
        new.iter().chain(changed).filter_map(|(id, row)| Some((*id, row.stored_order.parked_at?, &row.missing)));
    let missing: Vec<Awaited<'_>> = waiting
        .flat_map(|(object_id, parked_at, names)| names.iter().map(move |name| Awaited { object_id, parked_at, name }))
        .collect();
    try_join!(forget_missing(transaction, &known), insert_missing(transaction, &missing))?;
    Ok(())
}

/// Deletes the missing names of these orders.
pub(crate) async fn forget_missing(transaction: &Transaction, ids: &[i64]) -> Result<(), Failure> {
    if !ids.is_empty() {
        transaction.execute(&statement!("stg/parked/delete_missing_names"), [&ids]).await?;
    }
    Ok(())
}

/// A name that an order waits for.
pub(crate) struct Awaited<'a> {
    pub(crate) object_id: i64,
    /// Since when the order is parked.
    pub(crate) parked_at: UtcMicros,
    pub(crate) name: &'a Missing,
}

/// Inserts missing names.
pub(crate) async fn insert_missing(transaction: &Transaction, missing: &[Awaited<'_>]) -> Result<(), Failure> {
    if missing.is_empty() {
        return Ok(());
    }
    let kinds: Vec<&str> = missing.iter().map(|awaited| awaited.name.kind.as_str()).collect();
    let ids: Vec<&str> = missing.iter().map(|awaited| awaited.name.id.as_str()).collect();
    let restaurants: Vec<&str> = missing.iter().map(|awaited| awaited.name.restaurant_id.as_str()).collect();
    let orders: Vec<i64> = missing.iter().map(|awaited| awaited.object_id).collect();
    let parked: Vec<PgTimestamp> = missing.iter().map(|awaited| PgTimestamp::new(awaited.parked_at)).collect();
    let statement = statement!("stg/parked/insert_missing_names");
    transaction.execute(&statement, [&kinds, &ids, &restaurants, &orders, &parked]).await?;
    Ok(())
}
