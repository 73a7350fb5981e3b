//! Results of a run: what the database and the topics contain, and every difference from the expected state.

mod complaint;

mod audit;
mod comparison;
mod favourites;
mod rows;
mod tags;

use std::collections::BTreeMap;

use anyhow::Result;
use workload::model::Expected;
use workload::watch;

use crate::fixture::Fixture;
use complaint::Complaint;

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
    /// Differences, audit by audit.
    pub(crate) complaints: Vec<Complaint>,
}

impl Findings {
    /// Collects the results after the pipeline is idle.
    pub(crate) async fn gather(fixture: &Fixture, expected: &Expected) -> Result<Self> {
        let database = &fixture.database;
        let audits = audit::files()?;
        let mut complaints = audit::run(database, &audits).await?;
        // Without audit files there would be no differences.
        let missing = audits.is_empty().then(|| "sql/audit contains no files".to_owned());
        complaints
            .push(Complaint { audit: "existence of audits".to_owned(), differences: missing.into_iter().collect() });
        complaints.extend(comparison::run(database, expected).await?);
        let (tags_assigned, wrong) = tags::check(database, &fixture.broker, &expected.categories).await?;
        complaints.extend(wrong);
        complaints.retain(|complaint| !complaint.differences.is_empty());
        Ok(Self {
            rows: rows::count(database).await?,
            dead_letters: watch::records(&fixture.broker, DEAD_LETTERS).await?,
            parked: rows::parked(database).await?,
            tags_assigned,
            favourites: Favourites::find(database).await?,
            audits: audits.len(),
            complaints,
        })
    }

    /// Total number of differences.
    pub(crate) fn differences(&self) -> usize {
        self.complaints.iter().map(|complaint| complaint.differences.len()).sum()
    }
}
