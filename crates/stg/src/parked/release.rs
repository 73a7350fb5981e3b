//! `parked release`: orders go on without the names of their dishes.
//!
//! Sending is the running service's business: it owns what is published. A release only marks, by making the order
//! overdue; the next round of [`super::Parked::resume`] does with it what it does with any order that is older than
//! `PARK_MAX_AGE`.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write,
};

use clap::Args;
use jiff::civil::DateTime;
use pipeline::Failure;
use service::Refusal;
use warehouse::{Row, Transaction, Warehouse, get, statement};

/// What `parked_at` says of an order that was released: overdue, whatever `PARK_MAX_AGE` is.
pub(super) const RELEASED: DateTime = DateTime::constant(1, 1, 1, 0, 0, 0, 0);

/// Which orders go on.
#[derive(Debug, Clone, Default, Args)]
pub struct Release {
    /// The `object_id` of each.
    #[arg(value_name = "ORDER_ID", required_unless_present = "all", conflicts_with = "all")]
    pub orders: Vec<i64>,

    /// Every order that only waits for dishes.
    #[arg(long)]
    pub all: bool,
}

/// What became of the orders asked for.
#[derive(Debug, Default)]
struct Released {
    orders: BTreeSet<i64>,
    /// Those that still wait, each with the users and restaurants it waits for.
    refused: BTreeMap<i64, Vec<String>>,
}

impl Release {
    /// Marks the orders, and says of each one named what became of it.
    ///
    /// # Errors
    /// A [`Refusal`] when an order that was named is not parked, or waits for a user or a restaurant (the others are
    /// released all the same), and when the database does not answer; what `out` says of a failed write.
    pub async fn run(&self, warehouse: &Warehouse, out: &mut impl Write) -> anyhow::Result<()> {
        let named = (!self.all).then_some(self.orders.as_slice());
        let Released { orders, refused } = release(warehouse, named).await.map_err(Refusal::from)?;
        for (order, names) in &refused {
            writeln!(out, "order {order} stays parked: it waits for {}", names.join(" and "))?;
        }
        let unknown: BTreeSet<i64> =
            self.orders.iter().copied().filter(|id| !orders.contains(id) && !refused.contains_key(id)).collect();
        for order in &unknown {
            writeln!(out, "order {order} is not parked")?;
        }
        match orders.len() {
            0 => writeln!(out, "released none")?,
            count => writeln!(out, "released {count}; the service sends them in its next round")?,
        }
        let left = unknown.len() + refused.len();
        if left > 0 && !self.all {
            return Err(Refusal::Missing(format!("{left} of {} orders not released", left + orders.len())).into());
        }
        Ok(())
    }
}

/// Releases those of the orders, or of all, that wait for nothing but dishes.
async fn release(warehouse: &Warehouse, named: Option<&[i64]>) -> Result<Released, Failure> {
    let transaction = warehouse.begin_unhurried().await?;
    let parked = ids(&transaction.query(&statement!("stg/lock_orders_to_release"), [&named]).await?)?;
    let statement = statement!("stg/release_parked_orders");
    let orders: BTreeSet<i64> = ids(&transaction.query(&statement, [&parked, &RELEASED]).await?)?.into_iter().collect();
    let left: Vec<i64> = parked.into_iter().filter(|order| !orders.contains(order)).collect();
    let refused = if left.is_empty() { BTreeMap::new() } else { reasons(&transaction, &left).await? };
    transaction.commit().await?;
    Ok(Released { orders, refused })
}

async fn reasons(transaction: &Transaction, orders: &[i64]) -> Result<BTreeMap<i64, Vec<String>>, Failure> {
    let mut reasons: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for row in transaction.query(&statement!("stg/select_indispensable_names"), [&orders]).await? {
        let (kind, id): (String, String) = (get(&row, 1)?, get(&row, 2)?);
        let phrase = format!("{kind} {id}").replace(char::is_control, "\u{fffd}");
        reasons.entry(get(&row, 0)?).or_default().push(phrase);
    }
    Ok(reasons)
}

fn ids(rows: &[Row]) -> Result<Vec<i64>, Failure> {
    rows.iter().map(|row| get(row, 0)).collect()
}
