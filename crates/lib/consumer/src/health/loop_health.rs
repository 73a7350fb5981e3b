//! What the loop tells the world about itself, for `/health`, `/ready` and `/metrics`.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep};

use crate::{
    Dependency, Record, Stall, StallCause, health::skipped::Skipped, health::stall::Stalls, ports::record::Coordinates,
};

/// Shared between the loop, which writes, and the HTTP endpoints, which read.
#[derive(Debug)]
pub struct LoopHealth {
    state: Mutex<State>,
    dependencies: &'static [Dependency],
}

#[derive(Debug)]
struct State {
    last_heartbeat: Instant,
    last_commit: Instant,
    step: Step,
    step_since: Instant,
    assigned: Option<usize>,
    waiting: Option<Waiting>,
    deferred: Option<Waiting>,
    stalls: Stalls,
    skipped: Skipped,
}

/// What the loop is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// It gets ready what it needs.
    Starting,
    /// There is nothing to do until a record comes or the schedule ticks.
    Idle,
    /// It reads records that are known to be there.
    Receiving,
    /// A transaction of records.
    Storing,
    /// It waits for the broker's acknowledgements.
    Publishing,
    /// Work that has no offset behind it.
    Background,
    /// It lets some time pass before it tries again what has failed.
    Waiting,
    /// It leaves.
    Stopping,
}

impl Step {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Starting,
        Self::Idle,
        Self::Receiving,
        Self::Storing,
        Self::Publishing,
        Self::Background,
        Self::Waiting,
        Self::Stopping,
    ];

    /// How it is called in metrics and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Idle => "idle",
            Self::Receiving => "receiving",
            Self::Storing => "storing",
            Self::Publishing => "publishing",
            Self::Background => "background",
            Self::Waiting => "waiting",
            Self::Stopping => "stopping",
        }
    }

    /// Whether it takes seconds at most where all is well.
    #[must_use]
    pub const fn should_be_short(self) -> bool {
        !matches!(self, Self::Idle | Self::Waiting | Self::Stopping)
    }
}

/// What the loop waits for when it does not get on.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Waiting {
    /// Which one.
    pub dependency: Dependency,
    /// What it said last.
    pub error: String,
    /// How many attempts have failed in a row.
    pub attempts: u32,
    /// The record that the error comes from, once that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<Coordinates>,
}

/// How often an idle loop shows that it is alive.
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(5);

impl Default for LoopHealth {
    fn default() -> Self {
        Self::of(&[])
    }
}

impl LoopHealth {
    /// Of a loop that needs these dependencies. Each has a metric from the start.
    #[must_use]
    pub fn of(dependencies: &'static [Dependency]) -> Self {
        let now = Instant::now();
        let state = Mutex::new(State {
            last_heartbeat: now,
            last_commit: now,
            step: Step::Starting,
            step_since: now,
            assigned: None,
            waiting: None,
            deferred: None,
            stalls: Stalls::default(),
            skipped: Skipped::default(),
        });
        Self { state, dependencies }
    }

    pub(crate) const fn dependencies(&self) -> &'static [Dependency] {
        self.dependencies
    }

    /// The loop has turned once more; waiting with backoff is turning.
    pub fn heartbeat(&self) {
        self.write(|state| state.last_heartbeat = Instant::now());
    }

    /// The loop turns to another step, or begins the same one anew.
    pub fn set_step(&self, step: Step) {
        self.write(|state| {
            let now = Instant::now();
            (state.step, state.step_since, state.last_heartbeat) = (step, now, now);
        });
    }

    /// Waits for `work`, however long it takes, and keeps the heartbeat going meanwhile. The heartbeat ends with the
    /// task that waits: one that is blocked has none.
    pub async fn heartbeat_while<T>(&self, work: impl Future<Output = T>) -> T {
        let beating = async {
            loop {
                self.heartbeat();
                sleep(HEARTBEAT_INTERVAL).await;
            }
        };
        tokio::select! {
            done = work => done,
            never = beating => never,
        }
    }

    /// A batch is stored, published and committed.
    pub fn committed(&self) {
        self.write(|state| state.last_commit = Instant::now());
    }

    /// The group has handed us this many partitions.
    pub fn assigned(&self, partitions: usize) {
        self.write(|state| state.assigned = Some(partitions));
    }

    /// No partition is assigned and the group has not settled: before the first assignment, and after partitions were
    /// lost until the group settles again.
    pub fn unassigned(&self) {
        self.write(|state| state.assigned = None);
    }

    /// The loop waits for a dependency; `None`: for none.
    pub fn set_waiting(&self, waiting: Option<Waiting>) {
        self.write(|state| state.waiting = waiting);
    }

    /// Work that has no offset behind it is put off, because the dependency does not want it; `None`: it is not.
    pub fn set_deferred(&self, waiting: Option<Waiting>) {
        self.write(|state| state.deferred = waiting);
    }

    /// A stage, or one of its partitions, makes no progress; `/ready` is 503 until [`LoopHealth::clear_stall`]. Setting
    /// the same stall again has no effect.
    pub fn set_stall(&self, cause: StallCause, subject: &str, error: &str) {
        self.write(|state| state.stalls.set(cause, subject, error, Instant::now()));
    }

    /// The stall has ended; does nothing if there was none.
    pub fn clear_stall(&self, cause: StallCause, subject: &str) {
        self.write(|state| state.stalls.clear(cause, subject, Instant::now()));
    }

    /// Ends the stalls of this cause whose subject does not satisfy `is_current`: those of revoked partitions, for
    /// instance.
    pub fn retain_stalls(&self, cause: StallCause, is_current: impl Fn(&str) -> bool) {
        self.write(|state| state.stalls.retain(cause, is_current, Instant::now()));
    }

    /// A record was skipped. Logs an example from time to time.
    pub(crate) fn skipped(&self, kind: &'static str, record: &Record) {
        self.write(|state| state.skipped.note(kind, record, Instant::now()));
    }

    /// The stalls that have not ended.
    pub fn stalls(&self) -> Vec<Stall> {
        self.read(|state| state.stalls.list(Instant::now()))
    }

    /// How long ago the loop turned last.
    pub fn since_heartbeat(&self) -> Duration {
        self.read(|state| state.last_heartbeat.elapsed())
    }

    /// How long ago the last batch was committed (or the process started).
    pub fn since_commit(&self) -> Duration {
        self.read(|state| state.last_commit.elapsed())
    }

    /// What the loop is doing, and for how long.
    pub fn step(&self) -> (Step, Duration) {
        self.read(|state| (state.step, state.step_since.elapsed()))
    }

    /// What the loop waits for.
    pub fn waiting(&self) -> Option<Waiting> {
        self.read(|state| state.waiting.clone())
    }

    /// What keeps work that has no offset behind it from being done, while records go on.
    pub fn deferred(&self) -> Option<Waiting> {
        self.read(|state| state.deferred.clone())
    }

    /// How many partitions the group has handed us; `None` before the first assignment, and after a loss until the next.
    pub fn partitions(&self) -> Option<usize> {
        self.read(|state| state.assigned)
    }

    fn write(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
