//! Results of a run: the differences between A and the model, those that `verify` finds, and the totals of each job.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::Deserialize;
use workload::master::{Model, Table, compare};

use super::fixture::Fixture;
use super::runs::{self, Totals};
use super::service::command;

/// The results.
#[derive(Debug)]
pub(super) struct Findings {
    /// The runs of each job.
    pub(super) totals: BTreeMap<String, Totals>,
    /// Rows of A, of each table.
    pub(super) rows: BTreeMap<&'static str, u64>,
    /// Differences between A and the model, one line each.
    pub(super) differences: Vec<String>,
    /// Differences that `verify` has found.
    pub(super) verified: u64,
}

/// A line of `verify --json`.
#[derive(Debug, Deserialize)]
struct Verified {
    missing: Rows,
    different: Rows,
    extra: Rows,
}

#[derive(Debug, Deserialize)]
struct Rows {
    rows: u64,
}

impl Findings {
    /// Compares every row.
    pub(super) async fn gather(fixture: &Fixture, model: &Model) -> Result<Self> {
        let (mut rows, mut differences) = (BTreeMap::new(), Vec::new());
        for table in Table::ALL {
            let found = compare(&fixture.target, table, model).await?;
            differences.extend(found.iter().map(|line| format!("{}: {line}", table.name())));
            rows.insert(table.name(), count(fixture, table).await?);
        }
        let verified = verify(fixture).await?;
        Ok(Self { totals: runs::totals(&fixture.target).await?, rows, differences, verified })
    }

    /// Number of differences, of either comparison.
    pub(super) fn differences(&self) -> u64 {
        (self.differences.len() as u64).max(self.verified)
    }
}

async fn count(fixture: &Fixture, table: Table) -> Result<u64> {
    let statement = format!("SELECT count(*) FROM {}", table.name());
    let row = fixture.target.query_one(&statement, &[]).await.with_context(|| statement.clone())?;
    Ok(u64::try_from(row.try_get::<_, i64>(0)?)?)
}

async fn verify(fixture: &Fixture) -> Result<u64> {
    let (_, text) = command(&fixture.environment, &["verify", "--json"]).await?;
    let differences = |line: &str| -> Result<u64> {
        let Verified { missing, different, extra } = serde_json::from_str(line).with_context(|| line.to_owned())?;
        Ok(missing.rows + different.rows + extra.rows)
    };
    text.lines().map(differences).sum()
}
