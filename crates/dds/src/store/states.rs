//! States of orders: read under lock, written back.

use std::collections::{BTreeMap, HashMap};

use futures_util::try_join;
use orders::{Amount, Enriched, Version, keys};
use pipeline::Failure;
use uuid::Uuid;
use warehouse::{Row, Statement, Transaction, get, statement};

use super::{
    column::{array_literal, column, get_moment, unreadable},
    distinct,
};
use crate::transform::{Line, State};

/// Locks and reads the states of the orders of a batch; a new order has none.
pub(super) async fn lock(transaction: &Transaction, orders: &[Enriched]) -> Result<HashMap<Uuid, State>, Failure> {
    let order_pks = distinct(orders.iter().map(|order| keys::order(order.object_id)));
    let rows = transaction.query(&statement!("dds/lock_order_states"), [&order_pks]).await?;
    rows.iter().map(|row| Ok((get(row, 0)?, read(row)?))).collect()
}

fn read(row: &Row) -> Result<State, Failure> {
    let products: Vec<Uuid> = get(row, 7)?;
    let categories: Vec<Uuid> = get(row, 8)?;
    let quantities: Vec<i64> = get(row, 9)?;
    let amounts: Vec<&str> = get(row, 10)?;
    let lines = products.into_iter().zip(categories).zip(quantities).zip(amounts);
    Ok(State {
        version: Version::from_text(get(row, 1)?),
        load_dt: get_moment(row, 2)?,
        user_pk: get(row, 3)?,
        status: get(row, 4)?,
        cost: amount(get(row, 5)?)?,
        payment: amount(get(row, 6)?)?,
        lines: lines
            .map(|(((product_pk, category_pk), quantity), text)| {
                Ok(Line { product_pk, category_pk, quantity, amount: amount(text)? })
            })
            .collect::<Result<_, Failure>>()?,
    })
}

fn amount(text: &str) -> Result<Amount, Failure> {
    Ok(Amount::read(text).ok_or_else(|| unreadable(format_args!("{text} is no amount")))?)
}

/// Writes new and changed states.
pub(super) async fn write(
    transaction: &Transaction,
    new: &BTreeMap<Uuid, State>,
    changed: &BTreeMap<Uuid, State>,
) -> Result<(), Failure> {
    try_join!(
        write_all(transaction, statement!("dds/insert_order_states"), new),
        write_all(transaction, statement!("dds/update_order_states"), changed),
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
    let lines = |of: fn(&Line) -> String| column(rows(), |state| array_literal(state.lines.iter().map(of)));
    let parameters = (
        column(states.keys(), |pk| *pk),
        column(rows(), |state| state.version.as_str()),
        column(rows(), |state| state.load_dt.civil()),
        column(rows(), |state| state.user_pk),
        column(rows(), |state| state.status.as_str()),
        column(rows(), |state| state.cost.to_string()),
        column(rows(), |state| state.payment.to_string()),
        lines(|line| line.product_pk.to_string()),
        lines(|line| line.category_pk.to_string()),
        lines(|line| line.quantity.to_string()),
        lines(|line| line.amount.to_string()),
    );
    let (pks, versions, dates, users, statuses, costs, payments, products, categories, quantities, amounts) =
        &parameters;
    transaction
        .execute(
            &statement,
            [pks, versions, dates, users, statuses, costs, payments, products, categories, quantities, amounts],
        )
        .await?;
    Ok(())
}
