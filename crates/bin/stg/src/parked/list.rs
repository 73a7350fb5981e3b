//! `parked list`: lists parked orders, or the names they wait for.

use std::{
    collections::{BTreeSet, HashSet},
    io::Write,
};

use clap::Args;
use comfy_table::{ContentArrangement, Table, presets::UTF8_FULL_CONDENSED};
use consumer::Failure;
use database::{Database, Transaction, get, statement};
use orders::UtcMicros;
use reference::ReferenceStore;
use runtime::{ExitError, settings::whole_number};
use serde::Serialize;

use self::rows::{Awaited, Line, Name, Order};
use super::selection::Selection;
use crate::transform::Kind;

mod reasons;
mod rows;

/// Options of `parked list`.
#[derive(Debug, Clone, Default, Args)]
pub struct List {
    /// Which orders to list.
    #[command(flatten)]
    pub selection: Selection,

    /// Prints the missing names instead of the orders. For each name, prints how many orders wait for it, and since when the first one
    /// waits.
    #[arg(long)]
    pub by_name: bool,

    /// Maximum number of lines. Unset: 100, or all with `--json`.
    #[arg(long, value_name = "LINES", value_parser = whole_number::<u32>("a number of lines", 0..))]
    pub limit: Option<u32>,

    /// Prints one JSON object per line.
    #[arg(long)]
    pub json: bool,
}

/// Default limit of a table. Laying out a large table takes longer than selecting its rows.
const LINES: u32 = 100;

impl List {
    /// Lists the orders that are parked at `now`. With `names`, adds the reason why each name is missing.
    ///
    /// # Errors
    /// An [`ExitError`] if the database does not answer; the error of `out` if a write fails.
    pub async fn run(
        &self,
        database: &Database,
        names: Option<&ReferenceStore>,
        now: UtcMicros,
        out: &mut impl Write,
    ) -> anyhow::Result<()> {
        if self.by_name {
            self.list::<Name>(database, names, now, out).await
        } else {
            self.list::<Order>(database, names, now, out).await
        }
    }

    async fn list<L: Line + Serialize>(
        &self,
        database: &Database,
        names: Option<&ReferenceStore>,
        now: UtcMicros,
        out: &mut impl Write,
    ) -> anyhow::Result<()> {
        let limit = self.limit.or_else(|| (!self.json).then_some(LINES));
        let transaction = database.begin_maintenance().await.map_err(ExitError::from)?;
        let mut lines: Vec<L> = self.select(&transaction, now, limit).await.map_err(ExitError::from)?;
        // All rows are read before Redis is asked and before anything is written, so that the transaction stays short.
        let total = total(&transaction).await.map_err(ExitError::from)?;
        transaction.commit().await.map_err(ExitError::from)?;
        if let Some(names) = names {
            explain(&mut lines, names).await;
        }
        self.print(&lines, limit, &total, out)
    }

    async fn select<L: Line>(
        &self,
        transaction: &Transaction,
        now: UtcMicros,
        limit: Option<u32>,
    ) -> Result<Vec<L>, Failure> {
        let (kind, id) = (self.selection.kind(), self.selection.id.as_deref());
        let (before, limit) = (self.selection.before(now), limit.map(i64::from));
        let rows = transaction.query(&L::STATEMENT, [&kind, &id, &before, &limit]).await?;
        rows.iter().map(L::read).collect()
    }

    fn print<L: Line + Serialize>(
        &self,
        lines: &[L],
        limit: Option<u32>,
        total: &str,
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
            let unless = if self.selection.is_everything() { "" } else { " that matches" };
            writeln!(out, "no order is parked{unless}")?;
            return Ok(());
        }
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

/// Adds to each name the reason why it is missing. If Redis does not answer, the list has no reasons.
async fn explain<L: Line>(lines: &mut [L], names: &ReferenceStore) {
    let missing: HashSet<_> = lines.iter_mut().flat_map(Line::names).filter_map(|name| name.missing()).collect();
    match reasons::look_up(names, missing).await {
        Ok(reasons) => lines.iter_mut().flat_map(Line::names).for_each(|name: &mut Awaited| name.explain(&reasons)),
        Err(error) => tracing::warn!(dependency = "redis", %error, "Redis does not answer; the list has no reasons"),
    }
}

/// Advice to the operator for each kind.
const fn advice(kind: Kind) -> &'static str {
    match kind {
        Kind::Product => {
            "the restaurant's menu in Redis must have it, with a name and a category. Otherwise run `parked release`; after PARK_MAX_AGE the order is released automatically"
        }
        Kind::Payload => {
            "an earlier version of the service accepted this payload, this version rejects it. Wait for a newer event, or run `parked release` to retry it"
        }
        Kind::Restaurant => {
            "Redis must hold the restaurant under this id, as a string with a JSON object of `name` and `menu`; the orders are then sent automatically"
        }
        Kind::Size => {
            "the message exceeds the limit of the destination topic: raise its max.message.bytes, restart the service, run `parked release`"
        }
        Kind::User => {
            "Redis must hold the user under this id, as a string with a JSON object that has a `name`; the orders are then sent automatically"
        }
    }
}

/// Total of all parked orders, regardless of the selection.
async fn total(transaction: &Transaction) -> Result<String, Failure> {
    let mut counts = Vec::new();
    for row in transaction.query(&statement!("stg/parked/count_parked_orders"), []).await? {
        counts.push((get::<String>(&row, 0)?, get::<i64>(&row, 1)?));
    }
    counts.sort();
    let all: i64 = counts.iter().map(|(_, count)| count).sum();
    let by_kind: Vec<String> = counts.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    Ok(format!("parked orders: {all} ({})", by_kind.join(", ")))
}
