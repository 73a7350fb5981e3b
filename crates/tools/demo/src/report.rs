//! The summary: tables for a person, and one line of JSON for programs.

mod tables;

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use serde::Serialize;
use workload::model::Expected;

use crate::findings::Findings;
use crate::number::grouped;

/// Maximum number of differences shown per audit.
const SHOWN: usize = 10;

/// The report of a run.
pub(crate) struct Report<'a> {
    pub(crate) expected: &'a Expected,
    pub(crate) took: Duration,
    pub(crate) peak_rss_mib: &'a BTreeMap<String, f64>,
    pub(crate) findings: &'a Findings,
}

/// The last line of standard output.
#[derive(Serialize)]
struct Line<'a> {
    orders: u64,
    events: u64,
    seconds: f64,
    orders_per_second: f64,
    dead_letters: u64,
    parked: u64,
    tags_assigned: u64,
    audit_differences: usize,
    rows: &'a BTreeMap<String, u64>,
    peak_rss_mib: &'a BTreeMap<String, f64>,
}

impl Report<'_> {
    /// Whether every number is right.
    pub(crate) fn is_right(&self) -> bool {
        self.findings.differences() == 0 && self.findings.parked == 0
    }

    /// Prints the report.
    pub(crate) fn print(&self) -> Result<()> {
        println!("\n{}\n", tables::people(&self.findings.favourites));
        println!("{}\n", tables::layers(&self.findings.rows));
        println!("{}\n", tables::memory(self.peak_rss_mib));
        println!("{}\n", tables::tags(&self.findings.favourites));
        println!("{}", self.headline());
        println!("{} tags are assigned.", grouped(self.findings.tags_assigned));
        println!("{}", self.trouble());
        println!("{}\n", self.verdict());
        println!("{}", serde_json::to_string(&self.line())?);
        Ok(())
    }

    fn line(&self) -> Line<'_> {
        let seconds = self.took.as_secs_f64();
        let rounded = |number: f64| (number * 1000.0).round() / 1000.0;
        Line {
            orders: self.expected.orders,
            events: self.expected.events,
            seconds: rounded(seconds),
            orders_per_second: rounded(self.expected.orders as f64 / seconds.max(f64::MIN_POSITIVE)),
            dead_letters: self.findings.dead_letters,
            parked: self.findings.parked,
            tags_assigned: self.findings.tags_assigned,
            audit_differences: self.findings.differences(),
            rows: &self.findings.rows,
            peak_rss_mib: self.peak_rss_mib,
        }
    }

    fn headline(&self) -> String {
        let Line { orders, events, seconds, orders_per_second, .. } = self.line();
        format!(
            "{} orders in {} events went from Kafka to the marts in {seconds:.1} s: {} orders a second.",
            grouped(orders),
            grouped(events),
            grouped(orders_per_second as u64),
        )
    }

    fn trouble(&self) -> String {
        format!(
            "{} records are not orders and were skipped; dead letters: {} ({} expected); parked: {}.",
            grouped(self.expected.skipped),
            grouped(self.findings.dead_letters),
            grouped(self.expected.refused),
            grouped(self.findings.parked),
        )
    }

    fn verdict(&self) -> String {
        let counters = self.expected.products.len() + self.expected.categories.len();
        let checked = format!("{} audits and {} counters, one by one", self.findings.audits, grouped(counters as u64));
        if self.findings.checks.is_empty() {
            return format!("Audit: {checked}: no difference.");
        }
        let mut text = format!("Audit: {checked}: {} DIFFERENCES", grouped(self.findings.differences() as u64));
        for check in &self.findings.checks {
            text += &format!("\n  {}: {}", check.name, check.differences.len());
            for difference in check.differences.iter().take(SHOWN) {
                text += &format!("\n    {difference}");
            }
        }
        text
    }
}
