//! The outcome of a cycle: its status, counts and seconds, and what it has to tell.

use serde::Serialize;

use crate::{error::Error, source::watermark::FullRead};

/// What became of a cycle.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// How it ended.
    pub status: Status,
    /// What it read and wrote.
    pub counts: Counts,
    /// How long it took.
    pub seconds: f64,
    /// Why everything was read, if it was.
    pub full_read: Option<FullRead>,
    /// What a person should know although the cycle went well, one sentence each, without values of rows.
    pub notes: Vec<String>,
    /// Why it failed.
    pub error: Option<Error>,
    /// The value from which the next cycle reads, for people: `2026-11-30 11:05:02`, `-infinity`.
    pub watermark: Option<String>,
    /// The same moment as Unix time by M's clock, whatever zone the column is in. `None`: everything is read.
    pub watermark_time: Option<f64>,
    /// Of a dry run: what the cycle would change.
    pub changes: Option<Changes>,
    /// Seconds by which an open transaction in M holds the watermark back, if they are many.
    pub held_back: Option<f64>,
    /// How many cycles have failed since the last success, this one included.
    pub failures: i32,
}

/// What a dry run would change in the target table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Changes {
    /// Rows that A lacks.
    pub inserts: Changed,
    /// Rows that differ.
    pub updates: Changed,
    /// How many of these differ in a column, for each column in which any does.
    pub columns: Vec<(String, u64)>,
    /// Rows that are gone from M.
    pub deletes: Changed,
}

/// Rows of a dry run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// Their number.
    pub rows: u64,
    /// Keys of some, as PostgreSQL writes rows: `(1,shoes)`.
    pub keys: Vec<String>,
}

/// How a cycle ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// A equals M, as far as the job says.
    Ok,
    /// Rows were written, deletes were held back: a person must allow them.
    Held,
    /// Nothing was changed.
    Failed,
    /// Another process has the table, or has just finished with it. Nothing was done.
    Elsewhere,
}

/// Numbers of rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Rows of SELECT_SOURCE_SQL.
    pub read: u64,
    /// Of these, rows that A already held.
    pub unchanged: u64,
    /// Rows inserted.
    pub inserted: u64,
    /// Rows updated; of an upsert that runs row by row, all rows it wrote.
    pub updated: u64,
    /// Rows deleted, or marked as deleted.
    pub deleted: u64,
    /// Rows written because keys differed, not because the cursor had moved.
    pub repaired: u64,
    /// Keys of M that A lacks although they were read again.
    pub missing: u64,
}

impl Counts {
    /// Rows written or deleted.
    #[must_use]
    pub fn changed(&self) -> u64 {
        self.inserted + self.updated + self.deleted + self.repaired
    }
}

impl Status {
    /// As it stands in `elt.runs` and in metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Held => "held",
            Self::Failed => "failed",
            Self::Elsewhere => "elsewhere",
        }
    }
}

impl Outcome {
    pub(crate) fn new(status: Status) -> Self {
        Self {
            status,
            counts: Counts::default(),
            seconds: 0.0,
            full_read: None,
            notes: Vec::new(),
            error: None,
            watermark: None,
            watermark_time: None,
            changes: None,
            held_back: None,
            failures: 0,
        }
    }

    /// All notes in one text.
    #[must_use]
    pub fn note(&self) -> Option<String> {
        (!self.notes.is_empty()).then(|| self.notes.join("; "))
    }
}
