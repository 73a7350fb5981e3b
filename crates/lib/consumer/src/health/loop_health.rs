//! The state of the loop for `/health`, `/ready` and `/metrics`: heartbeat, step, assigned partitions, waiting, stalls.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep};

use crate::{
    Dependency, LeftOut, Record, Stall, StallCause, health::log_limiter::LogLimiter, health::skipped::Skipped,
    health::stall::Stalls, ports::record::Coordinates,
};

/// The state of the loop. The loop writes it, and the HTTP endpoints read it.
#[derive(Debug)]
pub struct LoopHealth {
    state: Mutex<State>,
    dependencies: &'static [Dependency],
    name: Option<&'static str>,
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
    lines: LogLimiter,
}

/// A step of the loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Starting: preparing the first batch.
    Starting,
    /// Waiting for a record or for the next tick of the schedule.
    Idle,
    /// Reading records up to the end offsets.
    Receiving,
    /// Running a transaction for records.
    Storing,
    /// Waiting for the acknowledgements of the broker.
    Publishing,
    /// Running background work, which has no offset.
    Background,
    /// Waiting before the next attempt at a step that failed.
    Waiting,
    /// Leaving the group.
    Stopping,
}

impl Step {
    /// All steps.
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

    /// The name in metrics and answers.
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

    /// Whether the step takes seconds at most if nothing is wrong.
    #[must_use]
    pub const fn should_be_short(self) -> bool {
        !matches!(self, Self::Idle | Self::Waiting | Self::Stopping)
    }
}

/// The dependency that the loop waits for.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Waiting {
    /// The dependency.
    pub dependency: Dependency,
    /// The text of the last error.
    pub error: String,
    /// The number of consecutive failed attempts.
    pub attempts: u32,
    /// The record that causes the error, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<Coordinates>,
}

/// The heartbeat interval of an idle loop.
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(5);

impl Default for LoopHealth {
    fn default() -> Self {
        Self::of(&[])
    }
}

impl LoopHealth {
    /// The state of a loop that needs these dependencies. The metrics of each exist from the start.
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
            lines: LogLimiter::default(),
        });
        Self { state, dependencies, name: None }
    }

    /// The same with a name, which is the label `loop` of its gauges: of several loops in one process, each has its own.
    #[must_use]
    pub fn named(self, name: Option<&'static str>) -> Self {
        Self { name, ..self }
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> Option<&'static str> {
        self.name
    }

    pub(crate) const fn dependencies(&self) -> &'static [Dependency] {
        self.dependencies
    }

    /// Records a heartbeat. A loop that waits with backoff has a heartbeat.
    pub fn heartbeat(&self) {
        self.write(|state| {
            state.last_heartbeat = Instant::now();
            for LeftOut { reason, count } in state.lines.summaries(state.last_heartbeat) {
                tracing::warn!(reason, count, "lines of this reason were left out of the log in the last minute");
            }
        });
    }

    /// Records that a step begins, or begins again.
    pub fn set_step(&self, step: Step) {
        self.write(|state| {
            let now = Instant::now();
            (state.step, state.step_since, state.last_heartbeat) = (step, now, now);
        });
    }

    /// Waits for `work`, however long it takes, with a heartbeat meanwhile. The heartbeat comes from the same task, so
    /// it stops if the task is blocked.
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

    /// Records that a batch is stored, published and committed.
    pub fn committed(&self) {
        self.write(|state| state.last_commit = Instant::now());
    }

    /// Records the number of assigned partitions.
    pub fn assigned(&self, partitions: usize) {
        self.write(|state| state.assigned = Some(partitions));
    }

    /// Records that no partition is assigned and that a rebalance is in progress: before the first assignment, and
    /// after partitions were lost until the group is stable again.
    pub fn unassigned(&self) {
        self.write(|state| state.assigned = None);
    }

    /// Sets the dependency that the loop waits for. `None`: it waits for none.
    pub fn set_waiting(&self, waiting: Option<Waiting>) {
        self.write(|state| state.waiting = waiting);
    }

    /// Sets the dependency that rejects background work, which is therefore deferred. `None`: background work is not
    /// deferred.
    pub fn set_deferred(&self, waiting: Option<Waiting>) {
        self.write(|state| state.deferred = waiting);
    }

    /// Sets a stall of a client, a topic or a partition. `/ready` is 503 until [`LoopHealth::clear_stall`]. Setting the
    /// same stall again has no effect.
    pub fn set_stall(&self, cause: StallCause, subject: &str, error: &str) {
        self.write(|state| state.stalls.set(cause, subject, error, Instant::now()));
    }

    /// Ends a stall. Does nothing if there is none.
    pub fn clear_stall(&self, cause: StallCause, subject: &str) {
        self.write(|state| state.stalls.clear(cause, subject, Instant::now()));
    }

    /// Ends the stalls of this cause whose subject does not satisfy `is_current`, for instance those of revoked
    /// partitions.
    pub fn retain_stalls(&self, cause: StallCause, is_current: impl Fn(&str) -> bool) {
        self.write(|state| state.stalls.retain(cause, is_current, Instant::now()));
    }

    /// Counts a skipped record. Logs an example from time to time.
    pub(crate) fn skipped(&self, kind: &'static str, record: &Record) {
        self.write(|state| state.skipped.note(kind, record, Instant::now()));
    }

    /// Whether a log line about a record is written. The first ones of each `reason` are; the others are counted and
    /// summarized.
    pub fn admits_line(&self, reason: &'static str) -> bool {
        let mut is_admitted = false;
        self.write(|state| is_admitted = state.lines.admits(reason, Instant::now()));
        is_admitted
    }

    /// The stalls that have not ended.
    pub fn stalls(&self) -> Vec<Stall> {
        self.read(|state| state.stalls.list(Instant::now()))
    }

    /// The time since the last heartbeat.
    pub fn since_heartbeat(&self) -> Duration {
        self.read(|state| state.last_heartbeat.elapsed())
    }

    /// The time since the last commit of a batch, or since the start of the process.
    pub fn since_commit(&self) -> Duration {
        self.read(|state| state.last_commit.elapsed())
    }

    /// The current step, and its duration so far.
    pub fn step(&self) -> (Step, Duration) {
        self.read(|state| (state.step, state.step_since.elapsed()))
    }

    /// The dependency that the loop waits for.
    pub fn waiting(&self) -> Option<Waiting> {
        self.read(|state| state.waiting.clone())
    }

    /// The dependency that rejects background work, while records are processed.
    pub fn deferred(&self) -> Option<Waiting> {
        self.read(|state| state.deferred.clone())
    }

    /// The number of assigned partitions. `None` before the first assignment, and after a loss until the next one.
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
