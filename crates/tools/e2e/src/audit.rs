//! Runs the SQL audit: every file in `sql/audit` is a SELECT that returns a row for each difference.

use std::fs;

use anyhow::{Context, Result, ensure};

use crate::pipeline::Pipeline;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../sql/audit");

/// Maximum number of differences shown per audit.
const MAX_SHOWN: usize = 3;

impl Pipeline {
    /// Asserts that no audit finds a difference.
    ///
    /// # Errors
    /// If one does; the error shows the differences.
    pub async fn audit(&self) -> Result<()> {
        let mut told = Vec::new();
        for entry in fs::read_dir(FOLDER)? {
            let path = entry?.path();
            if path.extension().is_none_or(|kind| kind != "sql") {
                continue;
            }
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let differences = self.sql(&fs::read_to_string(&path)?).await.with_context(|| format!("audit {name}"))?;
            let count = differences.len();
            told.extend(differences.into_iter().take(MAX_SHOWN).map(|row| format!("{name} ({count}): {row}")));
        }
        ensure!(told.is_empty(), "the audit has found differences:\n{}", told.join("\n"));
        Ok(())
    }
}
