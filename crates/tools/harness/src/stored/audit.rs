//! Runs the SQL audits: every file below `sql/audit` is a SELECT that returns a row for each difference.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use tokio_postgres::{Client, SimpleQueryMessage, SimpleQueryRow};

use crate::pipeline::Pipeline;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../sql/audit");

const SEGMENTS_FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../sql/segments/audit");

/// Maximum number of differences shown per audit.
const MAX_SHOWN: usize = 3;

/// The result of one audit.
#[derive(Debug, PartialEq, Eq)]
pub struct Audit {
    /// The name of its file, without the extension.
    pub name: String,
    /// One line per difference.
    pub differences: Vec<String>,
}

/// Runs every audit, in the order of their paths. Rows are read as text, with any columns.
///
/// # Errors
/// If there are no audits, or PostgreSQL rejects one.
pub async fn run_audits(database: &Client) -> Result<Vec<Audit>> {
    run(database, FOLDER).await
}

/// Runs every audit of schema `segments`.
///
/// # Errors
/// As [`run_audits`].
pub async fn run_segment_audits(database: &Client) -> Result<Vec<Audit>> {
    run(database, SEGMENTS_FOLDER).await
}

async fn run(database: &Client, folder: &str) -> Result<Vec<Audit>> {
    let mut files = files(Path::new(folder))?;
    ensure!(!files.is_empty(), "{folder} contains no audit");
    files.sort();
    let mut audits = Vec::new();
    for file in files {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let messages = database.simple_query(&fs::read_to_string(&file)?).await;
        let rows = messages.with_context(|| format!("audit {name}"))?.into_iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(describe(&row)),
            _ => None,
        });
        audits.push(Audit { differences: rows.collect(), name });
    }
    Ok(audits)
}

impl Pipeline {
    /// Asserts that no audit finds a difference.
    ///
    /// # Errors
    /// If one does; the error shows the differences.
    pub async fn audit(&self) -> Result<()> {
        self.audit_except(&[]).await
    }

    /// The same without the audits of these names.
    ///
    /// # Errors
    /// As [`Pipeline::audit`].
    pub async fn audit_except(&self, names: &[&str]) -> Result<()> {
        let mut found = Vec::new();
        let audits = run_audits(&self.database().await?).await?;
        for Audit { name, differences } in audits.into_iter().filter(|audit| !names.contains(&audit.name.as_str())) {
            let count = differences.len();
            found.extend(differences.into_iter().take(MAX_SHOWN).map(|row| format!("{name} ({count}): {row}")));
        }
        ensure!(found.is_empty(), "the audits have found differences:\n{}", found.join("\n"));
        Ok(())
    }
}

/// All SQL files in a folder and its sub-folders.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in folder.read_dir().with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "sql") && !is_of_segments(&path) {
            found.push(path);
        }
    }
    Ok(found)
}

/// Whether it audits schema `segments`, which the order warehouse does not have.
fn is_of_segments(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("segment_"))
}

fn describe(row: &SimpleQueryRow) -> String {
    let columns = row.columns().iter().enumerate();
    let cells = columns.map(|(index, column)| format!("{}={}", column.name(), row.get(index).unwrap_or("NULL")));
    cells.collect::<Vec<_>>().join(" ")
}
