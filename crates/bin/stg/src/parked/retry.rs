//! Retry of parked orders: under a lock, orders whose names are complete are un-parked; the others wait for the names
//! missing now.

use std::collections::HashSet;

use consumer::{Failure, MAX_BATCH_OUTPUT_BYTES};
use database::{Database, PgTimestamp, Row, Transaction, get, statement};
use futures_util::try_join;
use jiff::civil::DateTime;
use orders::{Event, UtcMicros, Version, event};
use reference::{Lookup, ReferenceStore};

use super::{BYTES_A_ROUND, RoundLimits};
use crate::{
    enrich, publish,
    store::{self, Awaited},
    transform::{Kind, MenuName, Missing, enrich},
};

/// Result of a retry.
#[derive(Debug, Default)]
pub(super) struct Retried {
    /// Number of orders that are no longer parked, or that wait for something else than before.
    pub(super) moved: usize,
    /// Names that were found before and are now missing again.
    pub(super) vanished: HashSet<Missing>,
}

/// Number of candidate rows read for each order retried. Other replicas may have locked the first rows, and an order
/// may wait for many products. A smaller number makes replicas block each other; a larger one makes a round more
/// expensive.
const CANDIDATES: i64 = 20;

/// A locked parked order.
struct Order {
    object_id: i64,
    parked_at: UtcMicros,
    is_released: bool,
    /// The event, or the reason why the current version cannot read it.
    event: Result<Event, &'static str>,
}

/// A locked order and the name it waits for from now on.
type Waiting = (i64, UtcMicros, Missing);

/// Retries orders that wait for names that are `known`, that are older than the limit, or that were released.
pub(super) async fn retry(
    database: &Database,
    names: &ReferenceStore,
    known: &[Missing],
    now: UtcMicros,
    limits: RoundLimits,
) -> Result<Retried, Failure> {
    let overdue = now.before(limits.max_age);
    let transaction = database.begin_batch().await?;
    let orders = lock(&transaction, known, overdue, limits.orders).await?;
    if orders.is_empty() {
        transaction.commit().await?;
        return Ok(Retried::default());
    }
    let (lookup, named_orders) = look_up(names, &orders, limits.lookup).await?;

    let mut named: Vec<(i64, String)> = Vec::new();
    let mut waiting: Vec<Waiting> = Vec::new();
    // Small payloads may become large messages. The remaining orders stay parked until the next round.
    let (mut bytes, mut looked_at) = (0, named_orders);
    let candidates = orders[..named_orders].iter().enumerate();
    for (index, &Order { object_id, parked_at, is_released, ref event }) in candidates {
        if bytes > MAX_BATCH_OUTPUT_BYTES {
            looked_at = index;
            break;
        }
        let may_go = is_released || parked_at < overdue;
        let menu_name = if may_go { MenuName::Optional } else { MenuName::Required };
        let missing = match event.as_ref().map(|event| (event, enrich(event, &lookup, now, menu_name))) {
            Err(reason) => {
                vec![Missing { kind: Kind::Payload, id: (*reason).to_owned(), restaurant_id: String::new() }]
            }
            Ok((_, Err(missing))) => missing,
            Ok((event, Ok(enriched))) => {
                let text = enriched
                    .write()
                    .map_err(|error| Failure::InvalidData(format!("cannot serialize a message: {error}")))?;
                match size_reason(object_id, publish::message(&event.user_id, &text).size(), limits.budget) {
                    Some(budget) => vec![budget],
                    None => {
                        bytes += text.len();
                        named.push((object_id, text));
                        continue;
                    }
                }
            }
        };
        waiting.extend(missing.into_iter().map(|name| (object_id, parked_at, name)));
    }
    let orders = &orders[..looked_at];
    write(&transaction, orders, &named, &waiting).await?;
    transaction.commit().await?;

    let known: HashSet<&Missing> = known.iter().collect();
    let vanished = waiting.into_iter().filter(|(_, _, name)| known.contains(name));
    let (stuck, vanished): (HashSet<i64>, HashSet<Missing>) = vanished.map(|(order, _, name)| (order, name)).unzip();
    Ok(Retried { moved: orders.len() - stuck.len(), vanished })
}

/// The names of the first orders, and the number of these orders: as many as need at most `budget` bytes of names. The
/// others stay parked until the next round.
async fn look_up(names: &ReferenceStore, orders: &[Order], budget: usize) -> Result<(Lookup, usize), Failure> {
    let mut count = orders.len();
    loop {
        let events = orders[..count].iter().filter_map(|order| order.event.as_ref().ok());
        match enrich::look_up(names, events, budget).await {
            Err(Failure::BatchTooLarge) if count > 1 => count = count.div_ceil(2),
            lookup => return Ok((lookup?, count)),
        }
    }
}

/// The reason to keep an order parked whose message exceeds the broker's limit.
fn size_reason(object_id: i64, size: usize, limit: usize) -> Option<Missing> {
    if size <= limit {
        return None;
    }
    tracing::error!(
        order.object_id = object_id,
        message.bytes = size,
        limit.bytes = limit,
        "the enriched order exceeds the broker's limit; it stays parked until a newer event or a release"
    );
    Some(Missing { kind: Kind::Size, id: size.to_string(), restaurant_id: String::new() })
}

async fn lock(
    transaction: &Transaction,
    known: &[Missing],
    overdue: UtcMicros,
    limit: usize,
) -> Result<Vec<Order>, Failure> {
    let kinds: Vec<&str> = known.iter().map(|name| name.kind.as_str()).collect();
    let ids: Vec<&str> = known.iter().map(|name| name.id.as_str()).collect();
    let restaurants: Vec<&str> = known.iter().map(|name| name.restaurant_id.as_str()).collect();
    let overdue = PgTimestamp::new(overdue);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let candidates = limit.saturating_mul(CANDIDATES);
    let statement = statement!("stg/parked/lock_parked_orders");
    let parameters: database::Parameters<'_, 7> =
        [&kinds, &ids, &restaurants, &overdue, &limit, &candidates, &BYTES_A_ROUND];
    transaction.query(&statement, parameters).await?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Order, Failure> {
    let (object_id, payload, version): (i64, String, String) = (get(row, 0)?, get(row, 2)?, get(row, 3)?);
    let event = match UtcMicros::from_civil(get(row, 1)?) {
        Some(sent_at) => {
            event::restore(object_id, sent_at, payload, Version::from_text(version)).map_err(|malformed| {
                tracing::error!(
                    order.object_id = object_id,
                    reason = malformed.reason,
                    error = malformed.error,
                    "this version cannot read a parked order; it stays parked until a newer event or a release"
                );
                malformed.reason
            })
        }
        None => Err("bad-date"),
    };
    let parked_at = UtcMicros::from_civil(get(row, 4)?).unwrap_or(UtcMicros::LAST);
    Ok(Order { object_id, parked_at, is_released: get::<Option<DateTime>>(row, 5)?.is_some(), event })
}

async fn write(
    transaction: &Transaction,
    orders: &[Order],
    named: &[(i64, String)],
    waiting: &[Waiting],
) -> Result<(), Failure> {
    let all: Vec<i64> = orders.iter().map(|order| order.object_id).collect();
    let awaited = waiting.iter().map(|(object_id, parked_at, name)| Awaited {
        object_id: *object_id,
        parked_at: *parked_at,
        name,
    });
    let awaited: Vec<Awaited<'_>> = awaited.collect();
    let is_beyond_names = |name: &Missing| matches!(name.kind, Kind::Payload | Kind::Size);
    let hopeless = waiting.iter().filter(|(_, _, name)| is_beyond_names(name)).map(|(order, _, _)| *order);
    let hopeless: Vec<i64> = hopeless.collect();
    try_join!(
        unpark(transaction, named),
        withdraw_releases(transaction, &hopeless),
        store::forget_missing(transaction, &all),
        store::insert_missing(transaction, &awaited),
    )?;
    Ok(())
}

async fn unpark(transaction: &Transaction, named: &[(i64, String)]) -> Result<(), Failure> {
    if named.is_empty() {
        return Ok(());
    }
    let orders: Vec<i64> = named.iter().map(|(order, _)| *order).collect();
    let texts: Vec<&str> = named.iter().map(|(_, text)| text.as_str()).collect();
    transaction.execute(&statement!("stg/parked/unpark_order_events"), [&orders, &texts]).await?;
    Ok(())
}

/// Withdraws a release after one attempt; otherwise an order that no name can help would be retried in every round.
async fn withdraw_releases(transaction: &Transaction, orders: &[i64]) -> Result<(), Failure> {
    if !orders.is_empty() {
        transaction.execute(&statement!("stg/parked/withdraw_releases"), [&orders]).await?;
    }
    Ok(())
}
