//! `parked release`: releases parked orders whose products are missing.
//!
//! A release only marks the order. The running service sends it in its next round, as it does with orders older than
//! `PARK_MAX_AGE`.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write,
};

use clap::Args;
use consumer::Failure;
use database::{Database, PgTimestamp, Row, Transaction, get, statement};
use orders::UtcMicros;
use runtime::{Confirmation, ExitError, Mode, settings::whole_number};

use super::selection::Selection;

/// Options of `parked release`.
#[derive(Debug, Clone, Default, Args)]
pub struct Release {
    /// Ids of the orders (`object_id`).
    #[arg(value_name = "ORDER_ID", required_unless_present = "all", conflicts_with = "all",
          value_parser = whole_number::<i64>("the id of an order", ..))]
    pub orders: Vec<i64>,

    /// Releases all parked orders that can be released. Excludes ORDER_ID.
    #[arg(long)]
    pub all: bool,

    /// The orders to select among these.
    #[command(flatten)]
    pub selection: Selection,

    /// Whether to release them, to ask first, or to show what would be released.
    #[command(flatten)]
    pub confirmation: Confirmation,
}

/// Result of a release.
#[derive(Debug, Default)]
struct Released {
    count: usize,
    refused: usize,
    /// The first orders that stay parked, each with the users and restaurants it waits for.
    reasons: BTreeMap<i64, Vec<String>>,
    /// Orders that were named and are not parked.
    unknown: BTreeSet<i64>,
}

/// Maximum number of orders in one transaction. Batches wait for its locks.
const CHUNK: i64 = 1000;

/// Maximum number of orders that stay parked and are listed one by one.
const MAX_LISTED: usize = 20;

impl Release {
    /// Asks, marks the orders at `now`, and writes the result to `out`.
    ///
    /// # Errors
    /// An [`ExitError`] if a named order is not parked, or waits for a user or a restaurant (the others are released
    /// nevertheless), or if the database does not answer; the error of `out` if a write fails.
    pub async fn run(&self, database: &Database, now: UtcMicros, out: &mut impl Write) -> anyhow::Result<()> {
        let mode = self.confirmation.mode()?;
        if mode.shows() {
            let would = self.release(database, now, false).await.map_err(ExitError::from)?;
            self.report(&would, false, out)?;
            if (mode == Mode::Ask && would.count == 0) || !mode.acts(out).await? {
                return Ok(self.require_all(&would)?);
            }
        }
        let released = self.release(database, now, true).await.map_err(ExitError::from)?;
        self.report(&released, true, out)?;
        Ok(self.require_all(&released)?)
    }

    /// Writes the result, or that of a dry run.
    fn report(&self, released: &Released, acts: bool, out: &mut impl Write) -> std::io::Result<()> {
        let Released { count, refused, reasons, unknown } = released;
        for (order, names) in reasons {
            writeln!(out, "order {order} stays parked: it waits for {}", names.join(" and "))?;
        }
        if *refused > reasons.len() {
            let more = refused - reasons.len();
            writeln!(out, "{more} more stay parked: they wait for users or restaurants; see `parked list --by-name`")?;
        }
        let unless = if self.selection.is_everything() { "" } else { ", or does not match" };
        for order in unknown {
            writeln!(out, "order {order} is not parked{unless}")?;
        }
        match (acts, count) {
            (true, 0) => writeln!(out, "released none"),
            (true, count) => writeln!(out, "released {count}; the service sends them in its next round"),
            (false, count) => writeln!(out, "would release {count}"),
        }
    }

    /// Orders that were named and stay parked are an error.
    fn require_all(&self, Released { count, refused, unknown, .. }: &Released) -> Result<(), ExitError> {
        let left = unknown.len() + refused;
        if left > 0 && !self.all {
            return Err(ExitError::Unavailable(format!("{left} of {} orders not released", left + count)));
        }
        Ok(())
    }

    /// Releases those of the orders that wait for neither a user nor a restaurant, a chunk at a time. Unless it `acts`, it rolls back.
    async fn release(&self, database: &Database, now: UtcMicros, acts: bool) -> Result<Released, Failure> {
        let mut released = Released { unknown: self.orders.iter().copied().collect(), ..Released::default() };
        let mut after = i64::MIN;
        loop {
            let transaction = database.begin_maintenance().await?;
            let parked = self.lock(&transaction, now, after).await?;
            let at = PgTimestamp::new(now);
            let going =
                ids(&transaction.query(&statement!("stg/parked/release_parked_orders"), [&parked, &at]).await?)?;
            let going: BTreeSet<i64> = going.into_iter().collect();
            let left: Vec<i64> = parked.iter().copied().filter(|order| !going.contains(order)).collect();
            let listed = left.iter().copied().take(MAX_LISTED.saturating_sub(released.reasons.len())).collect();
            released.reasons.append(&mut reasons(&transaction, listed).await?);
            if acts {
                transaction.commit().await?;
            } else {
                transaction.rollback().await?;
            }
            released.count += going.len();
            released.refused += left.len();
            released.unknown.retain(|order| !parked.contains(order));
            match parked.last() {
                Some(&last) => after = last,
                None => return Ok(released),
            }
        }
    }

    /// Locks and returns the next selected orders.
    async fn lock(&self, transaction: &Transaction, now: UtcMicros, after: i64) -> Result<Vec<i64>, Failure> {
        let named = (!self.all).then_some(self.orders.as_slice());
        let (kind, id, before) = (self.selection.kind(), self.selection.id.as_deref(), self.selection.before(now));
        let parameters: database::Parameters<'_, 6> = [&named, &kind, &id, &before, &after, &CHUNK];
        ids(&transaction.query(&statement!("stg/parked/lock_orders_to_release"), parameters).await?)
    }
}

async fn reasons(transaction: &Transaction, orders: Vec<i64>) -> Result<BTreeMap<i64, Vec<String>>, Failure> {
    let mut reasons: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    if orders.is_empty() {
        return Ok(reasons);
    }
    for row in transaction.query(&statement!("stg/parked/select_indispensable_names"), [&orders]).await? {
        let (kind, id): (String, String) = (get(&row, 1)?, get(&row, 2)?);
        let phrase = format!("{kind} {id}").replace(char::is_control, "\u{fffd}");
        reasons.entry(get(&row, 0)?).or_default().push(phrase);
    }
    Ok(reasons)
}

fn ids(rows: &[Row]) -> Result<Vec<i64>, Failure> {
    rows.iter().map(|row| get(row, 0)).collect()
}
