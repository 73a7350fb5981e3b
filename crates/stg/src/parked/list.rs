//! `parked list`: which orders wait, for what, since when; or which names are waited for, by how many.

use std::{collections::BTreeSet, io::Write};

use clap::Args;
use comfy_table::{ContentArrangement, Table, presets::UTF8_FULL_CONDENSED};
use orders::Moment;
use pipeline::Failure;
use serde::Serialize;
use service::Refusal;
use warehouse::{Transaction, Warehouse, get, statement};

use self::rows::{Line, Name, Order};
use super::selection::Selection;
use crate::transform::Kind;

mod rows;

/// How to list them.
#[derive(Debug, Clone, Default, Args)]
pub struct List {
    /// Which.
    #[command(flatten)]
    pub selection: Selection,

    /// One line for each name, those that most orders wait for first: how many do, and since when.
    #[arg(long)]
    pub by_name: bool,

    /// So many lines at most; 100, or with --json all of them.
    #[arg(long, value_name = "LINES")]
    pub limit: Option<u32>,

    /// One JSON object a line.
    #[arg(long)]
    pub json: bool,
}

/// A screen has no more; a table of everything takes longer to lay out than to select.
const LINES: u32 = 100;

impl List {
    /// Lists the orders that are parked at `now`.
    ///
    /// # Errors
    /// A [`Refusal`] when the database does not answer; what `out` says of a failed write.
    pub async fn run(&self, warehouse: &Warehouse, now: Moment, out: &mut impl Write) -> anyhow::Result<()> {
        let limit = self.limit.or_else(|| (!self.json).then_some(LINES));
        let transaction = warehouse.begin_unhurried().await.map_err(Refusal::from)?;
        if self.by_name {
            let names: Vec<Name> = self.select(&transaction, now, limit).await.map_err(Refusal::from)?;
            self.print(&names, limit, &transaction, out).await
        } else {
            let orders: Vec<Order> = self.select(&transaction, now, limit).await.map_err(Refusal::from)?;
            self.print(&orders, limit, &transaction, out).await
        }
    }

    async fn select<L: Line>(
        &self,
        transaction: &Transaction,
        now: Moment,
        limit: Option<u32>,
    ) -> Result<Vec<L>, Failure> {
        let (kind, id) = (self.selection.kind(), self.selection.id.as_deref());
        let (before, limit) = (self.selection.before(now), limit.map(i64::from));
        let rows = transaction.query(&L::STATEMENT, [&kind, &id, &before, &limit]).await?;
        rows.iter().map(L::read).collect()
    }

    async fn print<L: Line + Serialize>(
        &self,
        lines: &[L],
        limit: Option<u32>,
        transaction: &Transaction,
        out: &mut impl Write,
    ) -> anyhow::Result<()> {
        if self.json {
            for line in lines {
                serde_json::to_writer(&mut *out, line).map_err(std::io::Error::from)?;
                writeln!(out)?;
            }
            return Ok(());
        }
        if lines.is_empty() {
            let unless = if self.selection.is_everything() { "" } else { " that fits" };
            writeln!(out, "no order is parked{unless}")?;
            return Ok(());
        }
        // Before anything is written: whoever reads it may take their time, and the transaction does not wait for them.
        let total = total(transaction).await.map_err(Refusal::from)?;
        let mut table = Table::new();
        table
            .load_style(UTF8_FULL_CONDENSED)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_header(L::HEADER);
        for line in lines {
            table.add_row(line.cells());
        }
        writeln!(out, "{table}")?;
        let kinds: BTreeSet<Kind> = lines.iter().flat_map(Line::kinds).collect();
        for kind in kinds {
            writeln!(out, "{}: {}", kind.as_str(), advice(kind))?;
        }
        if usize::try_from(limit.unwrap_or(u32::MAX)).is_ok_and(|limit| lines.len() >= limit) {
            write!(out, "the first {}; ", lines.len())?;
        }
        writeln!(out, "{total}")?;
        Ok(())
    }
}

/// What a person does about it.
const fn advice(kind: Kind) -> &'static str {
    match kind {
        Kind::Dish => {
            "put it on the restaurant's menu in Redis, with a category; or `parked release`, which PARK_MAX_AGE does by itself"
        }
        Kind::Payload => {
            "an earlier release took what this one refuses; wait for a newer event, or `parked release` to have it tried again"
        }
        Kind::Restaurant => {
            "put the restaurant with its menu into Redis, under this id; its orders go on by themselves"
        }
        Kind::Room => {
            "the message is larger than the destination topic takes: raise its max.message.bytes, restart, `parked release`"
        }
        Kind::User => "put the user into Redis, under this id; the orders go on by themselves",
    }
}

/// All that is parked, whatever was selected.
async fn total(transaction: &Transaction) -> Result<String, Failure> {
    let mut counts = Vec::new();
    for row in transaction.query(&statement!("stg/count_parked_orders"), []).await? {
        counts.push((get::<String>(&row, 0)?, get::<i64>(&row, 1)?));
    }
    counts.sort();
    let all: i64 = counts.iter().map(|(_, count)| count).sum();
    let by_kind: Vec<String> = counts.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    Ok(format!("parked orders: {all} ({})", by_kind.join(", ")))
}
