//! Orders without an offset behind them: parked until their names come, then stored as unsent, sent, marked as sent.
//!
//! Work per round is bounded: so many distinct names asked for, so many orders taken up, so many messages handed out.

use std::time::Duration;

use futures_util::try_join;
use jiff::civil::DateTime;
use names::Names;
use orders::{Event, Moment, Version, event};
use pipeline::{Backlog, Failure, Message};
use warehouse::{Row, Transaction, Warehouse, get, statement};

pub use self::{list::List, release::Release};
use crate::{
    enrich, publish, store,
    transform::{Dishes, Kind, Missing, name},
};

mod release;
mod list;

/// Takes up parked orders, from where it left off.
#[derive(Debug, Default)]
pub(crate) struct Parked {
    /// The name up to which the last round asked; the next goes on behind it.
    cursor: Option<Missing>,
    /// Holds the locks on the messages handed out, so that no replica sends them too, until they are marked as sent.
    sending: Option<Sending>,
}

struct Sending {
    transaction: Transaction,
    orders: Vec<i64>,
}

impl std::fmt::Debug for Sending {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Sending").field("orders", &self.orders).finish_non_exhaustive()
    }
}

/// What bounds a round.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// How long an order waits for its dishes.
    pub(crate) max_age: Duration,
    /// Orders taken up, and messages handed out.
    pub(crate) orders: usize,
    /// Bytes of a message with its key.
    pub(crate) room: usize,
}

/// Distinct names asked for in one round: one `MGET` of at most so many keys.
const NAMES_A_ROUND: i64 = 1000;

impl Parked {
    /// One round: un-parks what can be, then hands out what is not known to be sent.
    pub(crate) async fn resume(
        &mut self,
        warehouse: &Warehouse,
        names: &mut Names,
        now: Moment,
        bounds: Bounds,
    ) -> Result<Backlog, Failure> {
        self.sending = None;
        let taken_up = self.take_up(warehouse, names, now, bounds).await?;

        let transaction = warehouse.begin().await?;
        count(&transaction, now).await?;
        let size = i64::try_from(bounds.orders).unwrap_or(i64::MAX);
        let rows = transaction.query(&statement!("stg/lock_unsent_orders"), [&size]).await?;
        let orders = rows.iter().map(|row| get(row, 0)).collect::<Result<Vec<i64>, _>>()?;
        let messages = rows.iter().map(|row| Ok(publish::message(get(row, 1)?, get(row, 2)?)));
        let messages = messages.collect::<Result<Vec<Message>, Failure>>()?;
        let more = taken_up > 0 || messages.len() >= bounds.orders;
        if orders.is_empty() {
            transaction.commit().await?;
        } else {
            self.sending = Some(Sending { transaction, orders });
        }
        Ok(Backlog { messages, more })
    }

    /// Marks as sent what the last round handed out.
    pub(crate) async fn settle(&mut self) -> Result<(), Failure> {
        if let Some(Sending { transaction, orders }) = self.sending.take() {
            transaction.execute(&statement!("stg/mark_sent"), [&orders]).await?;
            transaction.commit().await?;
        }
        Ok(())
    }

    /// Looks for missing names that are known now and for dishes that are overdue, and takes up their orders; how many
    /// of them are parked no longer.
    async fn take_up(
        &mut self,
        warehouse: &Warehouse,
        names: &mut Names,
        now: Moment,
        bounds: Bounds,
    ) -> Result<usize, Failure> {
        let missing = self.next_missing(warehouse).await?;
        let known = if missing.is_empty() { Vec::new() } else { known(names, missing).await? };

        let transaction = warehouse.begin().await?;
        let overdue = now.before(bounds.max_age).civil();
        let orders = lock(&transaction, &known, overdue, bounds.orders).await?;
        if orders.is_empty() {
            transaction.commit().await?;
            return Ok(0);
        }
        let directory = enrich::look_up(names, orders.iter().map(|order| &order.event)).await?;

        let mut named = Vec::new();
        let mut waiting = Vec::new();
        for Order { event, parked_at } in &orders {
            let dishes = if parked_at.civil() < overdue { Dishes::Whatever } else { Dishes::OnTheMenu };
            match name(event, &directory, now, dishes) {
                Ok(enriched) => {
                    let text = enriched.write();
                    let text =
                        text.map_err(|error| Failure::Refused(format!("a message cannot be written: {error}")))?;
                    let size = publish::message(&event.user_id, &text).size();
                    if size <= bounds.room {
                        named.push((event.object_id, text));
                        continue;
                    }
                    tracing::error!(
                        order.object_id = event.object_id,
                        message.bytes = size,
                        limit.bytes = bounds.room,
                        "with its names the order is larger than the broker takes; it stays parked until a newer event"
                    );
                    let room = Missing { kind: Kind::Room, id: size.to_string(), restaurant_id: String::new() };
                    waiting.push((event.object_id, room));
                }
                Err(missing) => waiting.extend(missing.into_iter().map(|name| (event.object_id, name))),
            }
        }
        let all: Vec<i64> = orders.iter().map(|order| order.event.object_id).collect();
        let waiting: Vec<(i64, &Missing)> = waiting.iter().map(|(order, name)| (*order, name)).collect();
        try_join!(
            unpark(&transaction, &named),
            store::forget_missing(&transaction, &all),
            store::insert_missing(&transaction, &waiting),
        )?;
        transaction.commit().await?;
        Ok(named.len())
    }

    /// The next distinct names that orders wait for; round and round.
    async fn next_missing(&mut self, warehouse: &Warehouse) -> Result<Vec<Missing>, Failure> {
        let transaction = warehouse.begin().await?;
        let after = self.cursor.take();
        let after = after.as_ref().map_or(("", "", ""), |name| (name.kind.as_str(), &name.id, &name.restaurant_id));
        let parameters: [&(dyn warehouse::ToSql + Sync); 4] = [&after.0, &after.1, &after.2, &NAMES_A_ROUND];
        let rows = transaction.query(&statement!("stg/select_missing_names"), parameters).await?;
        transaction.commit().await?;
        let missing = rows.iter().map(|row| {
            let kind = Kind::read(get(row, 0)?);
            let (id, restaurant_id) = (get(row, 1)?, get(row, 2)?);
            Ok(kind.map(|kind| Missing { kind, id, restaurant_id }))
        });
        let missing: Vec<Missing> = missing.filter_map(Result::transpose).collect::<Result<_, Failure>>()?;
        let is_full = i64::try_from(missing.len()).is_ok_and(|count| count >= NAMES_A_ROUND);
        self.cursor = if is_full { missing.last().cloned() } else { None };
        Ok(missing)
    }
}

/// Those of the missing names that Redis has now.
async fn known(names: &mut Names, missing: Vec<Missing>) -> Result<Vec<Missing>, Failure> {
    let ids = |of: fn(&Missing) -> Option<&str>| missing.iter().filter_map(of).collect::<Vec<_>>();
    let users = ids(|name| (name.kind == Kind::User).then_some(name.id.as_str()));
    let restaurants = ids(|name| match name.kind {
        Kind::Room | Kind::User => None,
        Kind::Restaurant => Some(name.id.as_str()),
        Kind::Dish => Some(name.restaurant_id.as_str()),
    });
    let directory = enrich::resolve(names, &users, &restaurants).await?;
    Ok(missing.into_iter().filter(|name| name.is_known(&directory)).collect())
}

/// A parked order under lock.
struct Order {
    event: Event,
    parked_at: Moment,
}

async fn lock(
    transaction: &Transaction,
    known: &[Missing],
    overdue: DateTime,
    limit: usize,
) -> Result<Vec<Order>, Failure> {
    let kinds: Vec<&str> = known.iter().map(|name| name.kind.as_str()).collect();
    let ids: Vec<&str> = known.iter().map(|name| name.id.as_str()).collect();
    let restaurants: Vec<&str> = known.iter().map(|name| name.restaurant_id.as_str()).collect();
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let statement = statement!("stg/lock_parked_orders");
    let rows = transaction.query(&statement, [&kinds, &ids, &restaurants, &overdue, &limit]).await?;
    let orders = rows.iter().map(read);
    orders.filter_map(Result::transpose).collect()
}

/// Reads a parked order; one that today's rules cannot read any more stays parked, and the log says so.
fn read(row: &Row) -> Result<Option<Order>, Failure> {
    let (object_id, payload): (i64, String) = (get(row, 0)?, get(row, 2)?);
    let (sent_at, parked_at) = (Moment::from_civil(get(row, 1)?), Moment::from_civil(get(row, 4)?));
    let Some((sent_at, parked_at)) = sent_at.zip(parked_at) else { return Ok(None) };
    match event::restore(object_id, sent_at, payload, Version::from_text(get(row, 3)?)) {
        Ok(event) => Ok(Some(Order { event, parked_at })),
        Err(error) => {
            tracing::error!(order.object_id = object_id, %error, "a parked order cannot be read and stays parked");
            Ok(None)
        }
    }
}

async fn unpark(transaction: &Transaction, named: &[(i64, String)]) -> Result<(), Failure> {
    if named.is_empty() {
        return Ok(());
    }
    let orders: Vec<i64> = named.iter().map(|(order, _)| *order).collect();
    let texts: Vec<&str> = named.iter().map(|(_, text)| text.as_str()).collect();
    transaction.execute(&statement!("stg/unpark_order_events"), [&orders, &texts]).await?;
    Ok(())
}

/// Shows how many orders are parked, and for how long the first of them has been.
async fn count(transaction: &Transaction, now: Moment) -> Result<(), Failure> {
    let rows = transaction.query(&statement!("stg/count_parked_orders"), [&release::RELEASED]).await?;
    let Some(row) = rows.first() else { return Ok(()) };
    let (parked, since): (i64, Option<DateTime>) = (get(row, 0)?, get(row, 1)?);
    let age = since.map_or(0.0, |since| (now.civil() - since).total(jiff::Unit::Second).unwrap_or(0.0));
    #[expect(clippy::cast_precision_loss, reason = "a number of orders is far below 2^53")]
    metrics::gauge!("tagmill_parked_orders").set(parked as f64);
    metrics::gauge!("tagmill_oldest_parked_order_seconds").set(age.max(0.0));
    Ok(())
}
