//! Comparison of the summary that dashboards read with the tables.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;

use crate::pipeline::Pipeline;
use crate::wait::until;

const WAIT_TIMEOUT: Duration = Duration::from_secs(180);

/// Resets the state of the last refresh, between two refreshes: the next one then considers everything, and has no
/// pause to wait for.
const FORGET: &str = "
    BEGIN;
    SELECT pg_advisory_xact_lock(7224647957);
    UPDATE cdm_summary.refreshes SET seen = '', took_ms = 0;
    COMMIT";

/// Whether the reset was followed by a refresh and no day is stale.
const DONE: &str = "SELECT seen <> '' AND NOT EXISTS (SELECT FROM cdm_summary.stale_days) FROM cdm_summary.refreshes";

/// The tables of the summary whose rows follow from those of the layers.
const TABLES: &str = "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
                      WHERE schemaname = 'cdm_summary' AND tablename NOT IN ('stale_days', 'refreshes')";

impl Pipeline {
    /// Waits until the summary has been refreshed from the current tables. CDM must run.
    ///
    /// # Errors
    /// If that does not happen in time.
    pub async fn summarized(&self) -> Result<()> {
        self.sql(FORGET).await?;
        let done = async || Ok(self.sql(DONE).await? == ["t"]);
        until("the summary is refreshed", WAIT_TIMEOUT, done).await
    }

    /// The rows of every table of the summary, as sorted text.
    ///
    /// # Errors
    /// PostgreSQL does not answer.
    pub async fn summary(&self) -> Result<BTreeMap<String, Vec<String>>> {
        let mut tables = BTreeMap::new();
        for table in self.sql(TABLES).await? {
            let mut rows = self.sql(&format!("SELECT t::text FROM {table} AS t")).await?;
            rows.sort_unstable();
            tables.insert(table, rows);
        }
        Ok(tables)
    }
}
