//! Runs the SQL audit: every file in `sql/audit` is a SELECT that returns a row for each difference.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tokio_postgres::{Client, SimpleQueryMessage, SimpleQueryRow};

use super::complaint::Complaint;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../sql/audit");

/// Audit files, sorted by name.
pub(super) fn files() -> Result<Vec<PathBuf>> {
    let entries = Path::new(FOLDER).read_dir().with_context(|| format!("no audit in {FOLDER}"))?;
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    let mut files: Vec<_> = paths.into_iter().filter(|path| path.extension().is_some_and(|is| is == "sql")).collect();
    files.sort();
    Ok(files)
}

/// Runs the files. Rows are read as text, whatever their columns.
pub(super) async fn run(database: &Client, files: &[PathBuf]) -> Result<Vec<Complaint>> {
    // The tables were just filled. Without statistics the planner takes them for empty and uses nested loops.
    database.batch_execute("ANALYZE").await?;
    let mut complaints = Vec::new();
    for file in files {
        let audit = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let statement = std::fs::read_to_string(file)?;
        let messages = database.simple_query(&statement).await.with_context(|| format!("audit {audit}"))?;
        let rows = messages.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(describe(row)),
            _ => None,
        });
        complaints.push(Complaint { audit, differences: rows.collect() });
    }
    Ok(complaints)
}

fn describe(row: &SimpleQueryRow) -> String {
    let columns = row.columns().iter().enumerate();
    let cells = columns.map(|(index, column)| format!("{}={}", column.name(), row.get(index).unwrap_or("NULL")));
    cells.collect::<Vec<_>>().join(" ")
}
