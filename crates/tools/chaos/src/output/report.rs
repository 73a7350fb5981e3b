//! Final report: tables for people, one line of JSON for programs.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, Table};
use serde::Serialize;

use crate::compare::Difference;
use crate::fault::Fault;
use crate::rounds::{FaultCounts, Played};
use crate::system::disk::Mounts;

/// Maximum number of differences listed one by one.
const MAX_SHOWN: usize = 40;

#[derive(Serialize)]
struct Line<'a> {
    seed: u64,
    rounds: usize,
    orders: u64,
    events: u64,
    dead_letters: usize,
    parked: usize,
    seconds: u64,
    faults: BTreeMap<String, u64>,
    not_injected: Vec<String>,
    skipped: &'a [String],
    differences: usize,
}

/// Prints everything about rounds.
pub(crate) fn rounds(seed: u64, mounts: Mounts, played: &Played, took: Duration) -> Result<()> {
    differences(&played.differences);
    let mut table = table(&["Fault", "injected", "orders", "differences"]);
    for (fault, FaultCounts { injected, orders, differences, .. }) in &played.faults {
        let cells = [injected, orders, differences].map(|count| number(count.to_string()));
        table.add_row([Cell::new_owned(fault.to_string())].into_iter().chain(cells));
    }
    let skipped = match mounts {
        Mounts::Own => Vec::new(),
        Mounts::Forbidden => {
            Fault::all().iter().filter(|fault| fault.needs_mounts()).map(ToString::to_string).collect()
        }
    };
    for fault in &skipped {
        table.add_row([Cell::new_owned(fault.clone()), number("skipped".to_owned())]);
    }
    println!("\n{table}\n");
    if !skipped.is_empty() {
        println!("Skipped, because this process may not mount file systems: {}", skipped.join(", "));
    }
    let not_injected: Vec<String> = played.missed().iter().map(ToString::to_string).collect();
    if !not_injected.is_empty() {
        println!("Planned but never injected: {}", not_injected.join("; "));
    }
    let line = Line {
        seed,
        rounds: played.rounds,
        orders: played.orders,
        events: played.events,
        dead_letters: played.dead_letters,
        parked: played.parked,
        seconds: took.as_secs(),
        faults: played.faults.iter().map(|(fault, counts)| (fault.to_string(), counts.injected)).collect(),
        not_injected,
        skipped: &skipped,
        differences: played.differences.len(),
    };
    println!(
        "Seed {seed}: {} rounds, {} orders in {} events, {} dead letters, {} orders parked, {} differences",
        line.rounds, line.orders, line.events, line.dead_letters, line.parked, line.differences
    );
    println!("{}", serde_json::to_string(&line)?);
    Ok(())
}

/// Prints the differences; the first ones in full.
pub(crate) fn differences(differences: &[Difference]) {
    for difference in differences.iter().take(MAX_SHOWN) {
        println!("{difference}");
    }
    if differences.len() > MAX_SHOWN {
        println!("... and {} more", differences.len() - MAX_SHOWN);
    }
}

pub(crate) fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED.with_rounded_corners()).set_header(header);
    table
}

pub(crate) fn number(text: String) -> Cell {
    Cell::new_owned(text).set_alignment(CellAlignment::Right)
}
