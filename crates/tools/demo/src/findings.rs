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

/// One look at everything the pipeline has left behind.
#[derive(Debug)]
pub(crate) struct Findings {
    /// Rows of every table, by its full name.
    pub(crate) rows: BTreeMap<String, u64>,
    /// Records in the dead-letter topics.
    pub(crate) dead_letters: u64,
    /// Orders that still wait for a name.
    pub(crate) parked: u64,
    /// How many tags users have.
    pub(crate) tags_assigned: u64,
    /// What people order.
    pub(crate) favourites: Favourites,
    /// How many audit files were run.
    pub(crate) audits: usize,
    /// Everything that is not as it should be, audit by audit.
    pub(crate) complaints: Vec<Complaint>,
}

impl Findings {
    /// Looks, when the pipeline is done.
    pub(crate) async fn gather(fixture: &Fixture, expected: &Expected) -> Result<Self> {
        let database = &fixture.database;
        let audits = audit::files()?;
        let mut complaints = audit::run(database, &audits).await?;
        // An audit that checks nothing would find nothing.
        let missing = audits.is_empty().then(|| "there is not a single file in sql/audit".to_owned());
        complaints.push(Complaint { audit: "the audit itself".to_owned(), differences: missing.into_iter().collect() });
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

    /// How many things are not as they should be.
    pub(crate) fn differences(&self) -> usize {
        self.complaints.iter().map(|complaint| complaint.differences.len()).sum()
    }
}
