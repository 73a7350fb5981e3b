//! What the loop tells the world about itself, for `/health`, `/ready` and `/metrics`.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// Shared between the loop, which writes, and the HTTP endpoints, which read.
#[derive(Debug)]
pub struct Vitals(Mutex<State>);

#[derive(Debug)]
struct State {
    last_turn: Instant,
    last_commit: Instant,
    assigned: Option<usize>,
    waiting: Option<Waiting>,
}

/// What the loop waits for when it does not get on.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Waiting {
    /// `kafka`, `postgres` or `redis`.
    pub dependency: &'static str,
    /// What it said last.
    pub error: String,
    /// How many attempts have failed in a row.
    pub attempts: u32,
}

impl Default for Vitals {
    fn default() -> Self {
        let now = Instant::now();
        Self(Mutex::new(State { last_turn: now, last_commit: now, assigned: None, waiting: None }))
    }
}

impl Vitals {
    /// The loop has turned once more; waiting with backoff is turning.
    pub fn turned(&self) {
        self.write(|state| state.last_turn = Instant::now());
    }

    /// A batch is stored, published and committed; nothing is waited for any longer.
    pub fn committed(&self) {
        self.write(|state| state.last_commit = Instant::now());
    }

    /// The group has handed us this many partitions.
    pub fn assigned(&self, partitions: usize) {
        self.write(|state| state.assigned = Some(partitions));
    }

    /// The loop waits for a dependency; `None`: for none.
    pub fn waits_for(&self, waiting: Option<Waiting>) {
        self.write(|state| state.waiting = waiting);
    }

    /// How long ago the loop turned last.
    pub fn since_turn(&self) -> Duration {
        self.read(|state| state.last_turn.elapsed())
    }

    /// How long ago the last batch was committed (or the process started).
    pub fn since_commit(&self) -> Duration {
        self.read(|state| state.last_commit.elapsed())
    }

    /// What the loop waits for.
    pub fn waiting(&self) -> Option<Waiting> {
        self.read(|state| state.waiting.clone())
    }

    /// How many partitions the group has handed us; `None` before the first assignment.
    pub fn partitions(&self) -> Option<usize> {
        self.read(|state| state.assigned)
    }

    fn write(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
