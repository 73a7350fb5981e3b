//! The progress of a cycle: its stage, and the rows and bytes that it has read. Read by others while the cycle runs.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};

/// Numbers of a cycle under way.
#[derive(Debug, Default)]
pub struct Progress {
    stage: AtomicU8,
    rows: AtomicU64,
    bytes: AtomicU64,
    expected: AtomicU64,
}

/// A stage of a cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Lock, state, snapshot, statements.
    Preparing = 0,
    /// Rows of SELECT_SOURCE_SQL are read, and copied to A.
    Rows = 1,
    /// Rows are upserted.
    Upsert = 2,
    /// Keys are read and compared.
    Keys = 3,
    /// State, COMMIT, Redis.
    Finishing = 4,
}

impl Stage {
    /// For people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Preparing => "preparing",
            Self::Rows => "reading rows",
            Self::Upsert => "upserting",
            Self::Keys => "comparing keys",
            Self::Finishing => "finishing",
        }
    }
}

impl Progress {
    /// The stage.
    #[must_use]
    pub fn stage(&self) -> Stage {
        match self.stage.load(Relaxed) {
            0 => Stage::Preparing,
            1 => Stage::Rows,
            2 => Stage::Upsert,
            3 => Stage::Keys,
            _ => Stage::Finishing,
        }
    }

    /// Rows and bytes read in this stage.
    #[must_use]
    pub fn read(&self) -> (u64, u64) {
        (self.rows.load(Relaxed), self.bytes.load(Relaxed))
    }

    /// How many rows this stage will read, as M's planner estimates. 0: unknown.
    #[must_use]
    pub fn expected(&self) -> u64 {
        self.expected.load(Relaxed)
    }

    pub(crate) fn enter(&self, stage: Stage) {
        self.stage.store(stage as u8, Relaxed);
        self.rows.store(0, Relaxed);
        self.bytes.store(0, Relaxed);
        self.expected.store(0, Relaxed);
    }

    pub(crate) fn expect(&self, rows: u64) {
        self.expected.store(rows, Relaxed);
    }

    pub(crate) fn add(&self, bytes: usize) {
        self.rows.fetch_add(1, Relaxed);
        self.bytes.fetch_add(u64::try_from(bytes).unwrap_or(u64::MAX), Relaxed);
    }
}
