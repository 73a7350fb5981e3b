//! The summary: a table for a person, and one line of JSON for programs.

use anyhow::Result;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, Table};
use serde::Serialize;

use super::findings::Findings;
use super::latency::Latency;
use crate::number::grouped;

/// The report of a run.
pub(super) struct Report<'a> {
    pub(super) orders: u64,
    pub(super) latency: Latency,
    pub(super) findings: &'a Findings,
    /// Differences of the members of last Tuesday.
    pub(super) as_of_differences: u64,
}

/// The last line of standard output.
#[derive(Serialize)]
struct Line {
    orders: u64,
    tags_assigned: u64,
    segments: u64,
    members: u64,
    webhook_changes: u64,
    kafka_changes: u64,
    csv_members: usize,
    order_to_webhook_ms: Latency,
    differences: u64,
}

impl Report<'_> {
    fn differences(&self) -> u64 {
        self.findings.differences() + self.as_of_differences
    }

    /// Whether every target and segment has exactly its members.
    pub(super) fn is_right(&self) -> bool {
        self.differences() == 0
    }

    /// Prints the report.
    pub(super) fn print(&self) -> Result<()> {
        let Latency { p50, p99 } = self.latency;
        println!("\n{}\n", self.table());
        println!("From a tenth order to its webhook: {p50} ms in the median, {p99} ms at the 99th percentile.\n");
        println!("{}", serde_json::to_string(&self.line())?);
        Ok(())
    }

    fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(UTF8_FULL_CONDENSED.with_rounded_corners()).set_header([
            "Compared with the model",
            "members",
            "differences",
        ]);
        for (name, members, differences) in &self.findings.comparisons {
            let number = |number: usize| Cell::new(grouped(number as u64)).set_alignment(CellAlignment::Right);
            table.add_row([Cell::new(name), number(*members), number(*differences)]);
        }
        table
    }

    fn line(&self) -> Line {
        let Findings { segments, members, tags_assigned, webhook_changes, kafka_changes, csv_members, .. } =
            *self.findings;
        Line {
            orders: self.orders,
            tags_assigned,
            segments,
            members,
            webhook_changes,
            kafka_changes,
            csv_members,
            order_to_webhook_ms: self.latency,
            differences: self.differences(),
        }
    }
}
