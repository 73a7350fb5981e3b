//! Tables of the report.

use std::collections::BTreeMap;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, Table};

use crate::output::bars::Bar;
use crate::output::figures::Line;
use crate::output::report::{Environment, History, Profile, Report};
use crate::server::statements::Statement;

/// Statements of a profile that are shown; the report has all.
const SHOWN: usize = 25;

/// Loads of a history that are shown: the first, the last, and some between.
const LOADS: usize = 10;

/// Everything that was measured.
pub(crate) fn print(report: &Report) {
    if let Some(environment) = &report.environment {
        println!("\n{}", settings(environment));
    }
    if let Some(history) = &report.history {
        println!("\n{}", loads(history));
    }
    if let Some(profile) = &report.profile {
        println!("\n{}", statements("Statement", &profile.statements, profile));
        println!("\n{}", statements("Nested: foreign-key checks", &profile.nested, profile));
    }
    if !report.memory.is_empty() {
        println!("\n{}", memory(&report.memory));
    }
    let lines = report.figures.lines();
    if !lines.is_empty() {
        println!("\n{}", figures(&lines));
    }
}

fn figures(lines: &[Line<'_>]) -> Table {
    let mut table = table(&["Figure", "of", "median", "least – most", "measured", "bar"]);
    for Line { figure, part, series } in lines {
        let shown = |value: f64| format!("{value:.*}", figure.digits);
        let spread = match series.len() {
            0 | 1 => String::new(),
            _ => format!("{} – {}", shown(series.least()), shown(series.most())),
        };
        let cells = [shown(series.median()), spread, series.len().to_string()].map(number);
        let bar = Bar::of(figure.name).filter(|_| part.is_none()).map(|bar| bar.verdict(series.median()));
        let bar = Cell::new_owned(bar.unwrap_or_default());
        let names = [Cell::new(figure.title), Cell::new(part.unwrap_or_default())];
        table.add_row(names.into_iter().chain(cells).chain([bar]));
    }
    table
}

fn settings(environment: &Environment) -> Table {
    let mut table = table(&["Measured on", ""]);
    let Environment { processor, cores, fsync_ms, batch_size, orders, repeat, seed, quick, postgresql } = environment;
    table.add_row(["processor".to_owned(), format!("{processor}, {cores} cores for everything")]);
    table.add_row(["fsync of a page".to_owned(), format!("{fsync_ms:.2} ms")]);
    table.add_row(["orders of a drain".to_owned(), format!("{orders}, {repeat} times, seed {seed}")]);
    table.add_row(["BATCH_SIZE".to_owned(), batch_size.to_string()]);
    for (name, value) in postgresql {
        table.add_row([format!("PostgreSQL {name}"), value.clone()]);
    }
    if *quick {
        table.add_row(["quick", "only to see that it runs: these figures mean nothing"]);
    }
    table
}

fn loads(history: &History) -> Table {
    let mut table = table(&["History: orders before", "s of the next load", "PostgreSQL, CPU s"]);
    let every = history.seconds.len().div_ceil(LOADS).max(1);
    for (at, (seconds, cpu)) in history.seconds.iter().zip(&history.postgresql_cpu_seconds).enumerate() {
        if at % every == 0 || at + 1 == history.seconds.len() {
            let before = at as u64 * history.step;
            table.add_row([before.to_string(), format!("{seconds:.2}"), format!("{cpu:.2}")].map(number));
        }
    }
    table
}

fn statements(title: &str, statements: &[Statement], profile: &Profile) -> Table {
    let mut table = table(&[title, "µs per order", "calls", "rows", "WAL bytes per order"]);
    let of_an_order = |value: f64| value / profile.orders as f64;
    let row = |text: &str, ms: f64, calls: u64, rows: u64, wal: u64| {
        let micros = format!("{:.1}", of_an_order(ms * 1000.0));
        let wal = format!("{:.0}", of_an_order(wal as f64));
        [Cell::new(text)].into_iter().chain([micros, calls.to_string(), rows.to_string(), wal].map(number))
    };
    for statement in statements.iter().take(SHOWN) {
        let Statement { text, calls, rows, total_ms, wal_bytes } = statement;
        table.add_row(row(text, *total_ms, *calls, *rows, *wal_bytes));
    }
    let sum = |of: fn(&Statement) -> u64| statements.iter().map(of).sum::<u64>();
    let ms = statements.iter().map(|statement| statement.total_ms).sum();
    table.add_row(row("all", ms, sum(|one| one.calls), sum(|one| one.rows), sum(|one| one.wal_bytes)));
    table
}

fn memory(scenarios: &BTreeMap<&'static str, BTreeMap<&'static str, f64>>) -> Table {
    let mut table = table(&["Peak memory, MiB", "stg", "dds", "cdm", "elt", "segments"]);
    for (scenario, peaks) in scenarios {
        let peak = |service| peaks.get(service).map_or_else(String::new, |peak| format!("{peak:.1}"));
        table.add_row(
            [Cell::new(scenario)].into_iter().chain(["stg", "dds", "cdm", "elt", "segments"].map(peak).map(number)),
        );
    }
    table
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED.with_rounded_corners()).set_header(header);
    table
}

fn number(text: String) -> Cell {
    Cell::new_owned(text).set_alignment(CellAlignment::Right)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::figures::{Figure, Figures};

    #[test]
    fn only_repeated_measurements_have_a_spread() {
        let mut measured = Figures::default();
        let rate = Figure::new("rate", "orders/s", 0);
        [3.0, 1.0, 2.0].into_iter().for_each(|value| measured.push(rate, value));
        measured.push(Figure::new("once", "of one", 1), 0.25);
        let text = figures(&measured.lines()).to_string();
        let line = |title: &str| text.lines().find(|line| line.contains(title)).unwrap().to_owned();
        assert!(line("orders/s").contains("1 – 3"), "{text}");
        assert!(!line("of one").contains('–'), "{text}");
    }

    #[test]
    fn a_profile_is_shown_per_order() {
        let one = Statement { text: "INSERT".to_owned(), calls: 2, rows: 200, total_ms: 1.0, wal_bytes: 5_000 };
        let profile = Profile { orders: 100, statements: vec![one.clone(), one], nested: Vec::new() };
        let text = statements("Statement", &profile.statements, &profile).to_string();
        let all = text.lines().rfind(|line| line.contains("all")).unwrap();
        assert!(all.contains("20.0") && all.contains("400") && all.contains("100"), "{text}");
    }
}
