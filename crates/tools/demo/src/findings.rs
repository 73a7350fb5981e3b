//! Results of a run: what the database and the topics contain, and every difference from the expected state.

mod comparison;
mod favourites;
mod rows;
mod tags;

use std::collections::BTreeMap;

use anyhow::Result;
use harness::Audit;
use workload::model::Expected;
use workload::watch;

use crate::fixture::Fixture;

pub(crate) use favourites::{Favourite, Favourites};

const DEAD_LETTERS: &[&str] = &["stg-service-dead-letters", "dds-service-dead-letters", "cdm-service-dead-letters"];

/// The results of a run.
#[derive(Debug)]
pub(crate) struct Findings {
    /// Number of rows of every table, by its qualified name.
    pub(crate) rows: BTreeMap<String, u64>,
    /// Records in the dead-letter topics.
    pub(crate) dead_letters: u64,
    /// Orders that are still parked.
    pub(crate) parked: u64,
    /// Number of tags assigned.
    pub(crate) tags_assigned: u64,
    /// Most ordered products, most active users, most frequent tags.
    pub(crate) favourites: Favourites,
    /// Number of audit files run.
    pub(crate) audits: usize,
    /// The audits and comparisons that have found differences.
    pub(crate) checks: Vec<Audit>,
}

impl Findings {
    /// Collects the results after the pipeline is idle.
    pub(crate) async fn gather(fixture: &Fixture, expected: &Expected) -> Result<Self> {
        let database = &fixture.database;
        // The tables were just filled. Without statistics the planner takes them for empty and uses nested loops.
        database.batch_execute("ANALYZE").await?;
        let mut checks = harness::run_audits(database).await?;
        let audits = checks.len();
        checks.extend(comparison::run(database, expected).await?);
        let (tags_assigned, wrong) = tags::check(database, &fixture.broker, &expected.categories).await?;
        checks.extend(wrong);
        checks.retain(|check| !check.differences.is_empty());
        Ok(Self {
            rows: rows::count(database).await?,
            dead_letters: watch::records(&fixture.broker, DEAD_LETTERS).await?,
            parked: rows::parked(database).await?,
            tags_assigned,
            favourites: Favourites::find(database).await?,
            audits,
            checks,
        })
    }

    /// Total number of differences.
    pub(crate) fn differences(&self) -> usize {
        self.checks.iter().map(|check| check.differences.len()).sum()
    }
}
