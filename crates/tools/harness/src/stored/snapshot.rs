//! Snapshots of all columns of the three schemas, for comparison with a later state.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};

use crate::pipeline::Pipeline;

const TABLES: &str = "SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables
                      WHERE table_schema IN ('stg', 'dds', 'cdm') AND table_type = 'BASE TABLE'";

/// Maximum number of differences shown per table.
const MAX_SHOWN: usize = 3;

/// The rows of every table, as sorted text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    tables: BTreeMap<String, Vec<String>>,
}

impl Pipeline {
    /// Takes a snapshot.
    ///
    /// # Errors
    /// PostgreSQL does not answer.
    pub async fn snapshot(&self) -> Result<Snapshot> {
        let mut tables = BTreeMap::new();
        for table in self.sql(TABLES).await? {
            let mut rows = self.sql(&format!("SELECT t::text FROM {table} AS t")).await?;
            rows.sort_unstable();
            tables.insert(table, rows);
        }
        Ok(Snapshot { tables })
    }
}

impl Snapshot {
    /// Asserts that nothing differs.
    ///
    /// # Errors
    /// If not; the error shows the first rows that differ.
    pub fn assert_same(&self, later: &Self) -> Result<()> {
        let mut listed = Vec::new();
        for (table, before) in &self.tables {
            let after = later.tables.get(table).map(Vec::as_slice).unwrap_or_default();
            let only = |here: &[String], there: &[String], sign| {
                let rows = here.iter().filter(|row| there.binary_search(row).is_err()).take(MAX_SHOWN);
                rows.map(|row| format!("  {sign} {row}")).collect::<Vec<_>>()
            };
            if before != after {
                listed.push(format!("{table}: {} rows, then {}", before.len(), after.len()));
                listed.extend(only(before, after, '-').into_iter().chain(only(after, before, '+')));
            }
        }
        ensure!(listed.is_empty(), "the tables differ:\n{}", listed.join("\n"));
        Ok(())
    }

    /// Asserts that all tables except these have rows: two empty databases would be equal, too.
    ///
    /// # Errors
    /// If a table is empty.
    pub fn assert_filled_but(&self, empty: &[&str]) -> Result<()> {
        for (table, rows) in &self.tables {
            ensure!(!rows.is_empty() || empty.contains(&table.as_str()), "{table} is empty");
        }
        Ok(())
    }
}
