//! Final report of a run with segments-service: a table for people, one line of JSON for programs.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use comfy_table::Cell;
use serde::Serialize;

use super::rounds::Played;
use crate::output::report::{number, table};

/// Maximum number of differences listed one by one.
const MAX_SHOWN: usize = 40;

#[derive(Serialize)]
struct Line {
    seed: u64,
    rounds: usize,
    steps: u64,
    members: usize,
    changes: u64,
    seconds: u64,
    faults: BTreeMap<String, u64>,
    differences: usize,
}

/// Prints everything about the rounds.
pub(super) fn print(seed: u64, played: &Played, took: Duration) -> Result<()> {
    played.differences.iter().take(MAX_SHOWN).for_each(|difference| println!("{difference}"));
    let mut rows = table(&["Fault", "injected", "missed"]);
    for (fault, (injected, missed)) in &played.faults {
        let cells = [injected, missed].map(|count| number(count.to_string()));
        rows.add_row([Cell::new_owned(fault.to_string())].into_iter().chain(cells));
    }
    println!("\n{rows}\n");
    let line = Line {
        seed,
        rounds: played.rounds,
        steps: played.steps,
        members: played.members,
        changes: played.changes,
        seconds: took.as_secs(),
        faults: played.faults.iter().map(|(fault, (injected, _))| (fault.to_string(), *injected)).collect(),
        differences: played.differences.len(),
    };
    println!(
        "Seed {seed}: {} rounds, {} steps, {} members, {} changes at receivers, {} differences",
        line.rounds, line.steps, line.members, line.changes, line.differences
    );
    println!("{}", serde_json::to_string(&line)?);
    Ok(())
}
