//! PostgreSQL's time by statement, from `pg_stat_statements`.

use anyhow::{Context, Result};
use harness::Pipeline;
use serde::Serialize;

/// A statement over a drain.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Statement {
    /// Its first words.
    pub(crate) text: String,
    /// Number of executions.
    pub(crate) calls: u64,
    /// Rows it returned or wrote.
    pub(crate) rows: u64,
    /// Inside the server, in milliseconds.
    pub(crate) total_ms: f64,
    /// Bytes of the write-ahead log it caused.
    pub(crate) wal_bytes: u64,
}

const STATEMENTS: &str = "SELECT s.calls, s.rows, s.total_exec_time, s.wal_bytes::bigint,
        left(regexp_replace(regexp_replace(s.query, '--[^\\n]*\\n', '', 'g'), '\\s+', ' ', 'g'), 90)
    FROM pg_stat_statements AS s
    INNER JOIN pg_database AS d ON d.oid = s.dbid
    WHERE d.datname = current_database() AND s.toplevel = $TOP
    ORDER BY s.total_exec_time DESC
    LIMIT 60";

/// Creates the extension and resets its counters.
pub(crate) async fn reset(pipeline: &Pipeline) -> Result<()> {
    pipeline.sql("CREATE EXTENSION IF NOT EXISTS pg_stat_statements; SELECT pg_stat_statements_reset()").await?;
    Ok(())
}

/// Statements executed since, the most expensive first. `nested`: statements inside statements, which are foreign-key
/// checks.
pub(crate) async fn statements(pipeline: &Pipeline, nested: bool) -> Result<Vec<Statement>> {
    let rows = pipeline.sql(&STATEMENTS.replace("$TOP", if nested { "false" } else { "true" })).await?;
    let parse = |row: &String| {
        let mut cells = row.splitn(5, '|');
        let mut cell = || cells.next().context("a column is missing");
        let (calls, rows) = (cell()?.parse()?, cell()?.parse()?);
        let (total_ms, wal_bytes) = (cell()?.parse()?, cell()?.parse()?);
        Ok(Statement { text: cell()?.trim().to_owned(), calls, rows, total_ms, wal_bytes })
    };
    rows.iter().map(parse).collect()
}
