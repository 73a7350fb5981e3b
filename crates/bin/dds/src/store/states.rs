//! Order states in `dds.bv_order_states`: read under a lock, written back.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use consumer::Failure;
use database::{PgTimestamp, Row, Statement, Transaction, get, statement};
use futures_util::try_join;
use orders::{Amount, UtcMicros, Version};
use uuid::Uuid;

use super::{
    column::{array_literal, column, get_utc_micros, unreadable},
    distinct,
};
use crate::transform::{HashedOrder, Line, State, lines::MAX_LINES};

/// Locks and reads the states of the orders of a batch. A new order has none. If they have more lines than an order may
/// have, the batch is too large: a small record can name an order of thousands of products.
pub(super) async fn lock(
    transaction: &Transaction,
    orders: &[HashedOrder<'_>],
) -> Result<HashMap<Uuid, State>, Failure> {
    let order_pks = distinct(orders.iter().map(|order| order.order_pk));
    let max_lines = i64::try_from(MAX_LINES).unwrap_or(i64::MAX);
    let rows = transaction.query(&statement!("dds/states/lock_order_states"), [&order_pks, &max_lines]).await?;
    rows.iter().map(|row| Ok((get(row, 0)?, read(row)?))).collect()
}

fn read(row: &Row) -> Result<State, Failure> {
    let products: Option<Vec<Uuid>> = get(row, 7)?;
    let Some(products) = products else { return Err(Failure::BatchTooLarge) };
    let categories: Vec<Uuid> = get(row, 8)?;
    let quantities: Vec<i64> = get(row, 9)?;
    let amounts: Vec<&str> = get(row, 10)?;
    let lines = products.into_iter().zip(categories).zip(quantities).zip(amounts);
    Ok(State {
        version: Version::from_text(get(row, 1)?),
        load_dt: get_utc_micros(row, 2)?,
        user_pk: get(row, 3)?,
        status: get(row, 4)?,
        cost: amount(get(row, 5)?)?,
        payment: amount(get(row, 6)?)?,
        order_dt: get_utc_micros(row, 11)?,
        restaurant_pk: get(row, 12)?,
        lines: lines
            .map(|(((product_pk, category_pk), quantity), text)| {
                Ok(Line { product_pk, category_pk, quantity, amount: amount(text)? })
            })
            .collect::<Result<_, Failure>>()?,
    })
}

fn amount(text: &str) -> Result<Amount, Failure> {
    Ok(Amount::read(text).ok_or_else(|| unreadable(format_args!("{text} is not an amount")))?)
}

/// Inserts new states and updates changed ones.
pub(super) async fn write(
    transaction: &Transaction,
    new: &BTreeMap<Uuid, State>,
    changed: &BTreeMap<Uuid, State>,
) -> Result<(), Failure> {
    try_join!(
        write_all(transaction, statement!("dds/states/insert_order_states"), new),
        write_all(transaction, statement!("dds/states/update_order_states"), changed),
    )?;
    Ok(())
}

async fn write_all(
    transaction: &Transaction,
    statement: Statement,
    states: &BTreeMap<Uuid, State>,
) -> Result<(), Failure> {
    if states.is_empty() {
        return Ok(());
    }
    let rows = || states.values();
    let lines = || rows().flat_map(|state| &state.lines);
    let parameters = (
        column(states.keys(), |pk| *pk),
        column(rows(), |state| state.version.as_str()),
        column(rows(), |state| PgTimestamp::new(state.load_dt)),
        column(rows(), |state| state.user_pk),
        column(rows(), |state| PgTimestamp::new(state.order_dt)),
        column(rows(), |state| state.restaurant_pk),
        column(rows(), |state| state.status.as_str()),
        column(rows(), |state| state.cost.to_string()),
        column(rows(), |state| state.payment.to_string()),
        column(rows(), |state| array_literal(state.lines.iter().map(|line| line.amount))),
        column(lines(), |line| line.product_pk),
        column(lines(), |line| line.category_pk),
        column(lines(), |line| line.quantity),
    );
    let (firsts, lasts) = bounds(rows());
    let (pks, versions, dates, users, placed, restaurants, statuses, costs, payments, amounts, ..) = &parameters;
    let (.., products, categories, quantities) = &parameters;
    transaction
        .execute(
            &statement,
            [
                pks,
                versions,
                dates,
                users,
                placed,
                restaurants,
                statuses,
                costs,
                payments,
                amounts,
                &firsts,
                &lasts,
                products,
                categories,
                quantities,
            ],
        )
        .await?;
    Ok(())
}

/// Notes that the summaries of these hours are stale. The note is written in the transaction that changes the states,
/// so that a refresh sees both together.
pub(super) async fn note_stale(transaction: &Transaction, hours: &BTreeSet<UtcMicros>) -> Result<(), Failure> {
    if !hours.is_empty() {
        let hours = column(hours, |hour| PgTimestamp::new(*hour));
        transaction.execute(&statement!("dds/states/insert_stale_days"), [&hours]).await?;
    }
    Ok(())
}

/// Reconciles new states with hubs that existed before, see `sql/dds/states/reconcile_order_dates.sql`.
pub(super) async fn reconcile(transaction: &Transaction, new: &BTreeMap<Uuid, State>) -> Result<(), Failure> {
    let pks = column(new.keys(), |pk| *pk);
    transaction.execute(&statement!("dds/states/reconcile_order_dates"), [&pks]).await?;
    Ok(())
}

/// The first and last position of each order's lines in the array of all lines, counted from 1. For an order without
/// lines the last position precedes the first, which PostgreSQL reads as an empty slice. Slicing one array is many
/// times faster for the server than parsing an array literal per order.
fn bounds<'s>(states: impl Iterator<Item = &'s State>) -> (Vec<i32>, Vec<i32>) {
    let mut last = 0;
    let bounds = states.map(|state| {
        let first = last + 1;
        last += i32::try_from(state.lines.len()).unwrap_or(i32::MAX);
        (first, last)
    });
    bounds.unzip()
}
