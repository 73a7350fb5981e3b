//! The summary: a table for a person, what the analyst was told, and one line of JSON for programs.

use anyhow::Result;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, Table};
use serde::Serialize;

use super::cycles::Told;
use super::findings::Findings;
use super::first_load::FirstLoad;
use super::runs::Totals;
use crate::number::grouped;

/// Maximum number of differences shown.
const SHOWN: usize = 20;

/// The report of a run.
pub(super) struct Report<'a> {
    pub(super) first_load: FirstLoad,
    pub(super) told: &'a Told,
    pub(super) findings: &'a Findings,
    pub(super) peak_rss_mib: f64,
}

/// The last line of standard output. `rows`, `seconds` and `rows_per_second` are those of the first load.
#[derive(Serialize)]
struct Line {
    jobs: usize,
    rows: u64,
    seconds: f64,
    rows_per_second: f64,
    inserted: u64,
    updated: u64,
    deleted: u64,
    repaired: u64,
    /// Jobs whose deletes were held back.
    held: usize,
    /// Files that were invalid.
    invalid: usize,
    differences: u64,
    peak_rss_mib: f64,
}

impl Report<'_> {
    /// Whether A is as it should be.
    pub(super) fn is_right(&self) -> bool {
        self.findings.differences() == 0
    }

    /// Prints the report.
    pub(super) fn print(&self) -> Result<()> {
        let FirstLoad { rows, seconds } = self.first_load;
        println!("\n{}\n", self.table());
        println!("The broken file, as its analyst saw it:\n{}\n", indented(&self.told.invalid));
        println!("The deletes that were held back:\n{}\n", indented(&self.told.held));
        let rate = grouped((rows as f64 / seconds) as u64);
        println!("The first load copied {} rows in {seconds:.1} s: {rate} rows a second.", grouped(rows));
        println!("Peak memory of elt-service: {:.1} MiB.", self.peak_rss_mib);
        println!("{}\n", self.verdict());
        println!("{}", serde_json::to_string(&self.line())?);
        Ok(())
    }

    fn table(&self) -> Table {
        let mut table = Table::new();
        let header =
            ["Job", "rows", "cycles", "read", "inserted", "updated", "deleted", "repaired", "seconds", "rows/s"];
        table.load_style(UTF8_FULL_CONDENSED.with_rounded_corners()).set_header(header);
        for (job, totals) in &self.findings.totals {
            let Totals { cycles, read, inserted, updated, deleted, repaired, seconds, .. } = *totals;
            let rows = self.findings.rows.get(job.as_str()).copied().unwrap_or(0);
            let counts = [rows, cycles, read, inserted, updated, deleted, repaired].map(grouped);
            let pace = [format!("{seconds:.2}"), grouped((read as f64 / seconds.max(f64::MIN_POSITIVE)) as u64)];
            let numbers = counts.into_iter().chain(pace);
            let numbers = numbers.map(|text| Cell::new_owned(text).set_alignment(CellAlignment::Right));
            table.add_row(std::iter::once(Cell::new(job)).chain(numbers));
        }
        table
    }

    fn line(&self) -> Line {
        let FirstLoad { rows, seconds } = self.first_load;
        let rounded = |number: f64| (number * 1000.0).round() / 1000.0;
        let sum = |count: fn(&Totals) -> u64| self.findings.totals.values().map(count).sum();
        Line {
            jobs: self.findings.totals.len(),
            rows,
            seconds: rounded(seconds),
            rows_per_second: rounded(rows as f64 / seconds.max(f64::MIN_POSITIVE)),
            inserted: sum(|totals| totals.inserted),
            updated: sum(|totals| totals.updated),
            deleted: sum(|totals| totals.deleted),
            repaired: sum(|totals| totals.repaired),
            held: self.findings.totals.values().filter(|totals| totals.held > 0).count(),
            invalid: usize::from(!self.told.invalid.is_empty()),
            differences: self.findings.differences(),
            peak_rss_mib: self.peak_rss_mib,
        }
    }

    fn verdict(&self) -> String {
        let rows = grouped(self.findings.rows.values().sum());
        if self.is_right() {
            return format!("{rows} rows of A are as the model says, one by one; `verify` finds no difference either.");
        }
        let (found, verified) = (self.findings.differences.len(), self.findings.verified);
        let mut text =
            format!("{found} DIFFERENCES between {rows} rows of A and the model; `verify` finds {verified}.");
        for difference in self.findings.differences.iter().take(SHOWN) {
            text += &format!("\n  {difference}");
        }
        text
    }
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}
