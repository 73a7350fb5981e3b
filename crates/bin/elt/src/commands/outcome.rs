//! Outcomes of cycles as commands print them.

use std::io::Write;

use serde::Serialize;

use crate::{
    job::Job,
    outcome::{Changed, Changes, Counts, Outcome, Status},
};

/// The outcome of a cycle as JSON.
#[derive(Serialize)]
struct Line<'a> {
    job: &'a str,
    outcome: &'a str,
    seconds: f64,
    #[serde(flatten)]
    counts: &'a Counts,
    watermark: Option<&'a str>,
    notes: &'a [String],
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<&'a Changes>,
}

/// Prints an outcome.
pub(super) fn print(job: &Job, outcome: &Outcome, json: bool, out: &mut impl Write) -> std::io::Result<()> {
    let error = outcome.error.as_ref().map(|error| error.in_file(&job.file));
    if json {
        let line = Line {
            job: &job.name,
            outcome: outcome.status.name(),
            seconds: outcome.seconds,
            counts: &outcome.counts,
            watermark: outcome.watermark.as_deref(),
            notes: &outcome.notes,
            error,
            changes: outcome.changes.as_ref(),
        };
        return json_line(&line, out);
    }
    print_rows(&job.name, outcome, out)?;
    for note in &outcome.notes {
        writeln!(out, "  note: {note}")?;
    }
    let Some(error) = error else { return Ok(()) };
    writeln!(out, "  error: {error}")?;
    let detail = outcome.error.as_ref().and_then(|error| error.detail.as_deref()).unwrap_or_default();
    detail.lines().try_for_each(|line| writeln!(out, "    {line}"))
}

fn print_rows(name: &str, outcome: &Outcome, out: &mut impl Write) -> std::io::Result<()> {
    let Counts { read, inserted, updated, deleted, repaired, .. } = outcome.counts;
    let (status, seconds) = (outcome.status.name(), outcome.seconds);
    match (outcome.status, &outcome.changes) {
        (Status::Elsewhere, _) => writeln!(out, "{name}: another process has the table; try again later"),
        (Status::Failed, _) => writeln!(out, "{name}: failed after {seconds:.2} s"),
        (_, Some(changes)) => {
            writeln!(out, "{name}: dry run, nothing was changed; {read} rows read in {seconds:.2} s")?;
            print_changes(changes, ["to insert", "to update", "to delete"], out)
        }
        (_, None) => writeln!(
            out,
            "{name}: {status}, {read} rows read, {inserted} inserted, {updated} updated, {deleted} deleted, {repaired} repaired in \
             {seconds:.2} s"
        ),
    }
}

/// Prints what a dry run has found. `words`: of the three kinds of rows.
pub(super) fn print_changes(changes: &Changes, words: [&str; 3], out: &mut impl Write) -> std::io::Result<()> {
    let [inserts, updates, deletes] = words;
    print_changed(&changes.inserts, inserts, out)?;
    print_changed(&changes.updates, updates, out)?;
    if !changes.columns.is_empty() {
        let columns: Vec<String> = changes.columns.iter().map(|(name, rows)| format!("{name} in {rows}")).collect();
        writeln!(out, "    columns: {}", columns.join(", "))?;
    }
    print_changed(&changes.deletes, deletes, out)
}

fn print_changed(Changed { rows, keys }: &Changed, what: &str, out: &mut impl Write) -> std::io::Result<()> {
    let noun = if *rows == 1 { "row" } else { "rows" };
    writeln!(out, "  {rows} {noun} {what}")?;
    if !keys.is_empty() {
        writeln!(out, "    keys: {}", keys.join(" "))?;
    }
    Ok(())
}

/// One JSON object a line.
pub(super) fn json_line(line: &impl Serialize, out: &mut impl Write) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    writeln!(out)
}
