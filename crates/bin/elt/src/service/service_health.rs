//! Health of the service: what `/health`, `/ready` and the metrics of dependencies say.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use consumer::{Dependency, Waiting, export_waiting};
use health::{HealthSource, Reason};
use runtime::StartHealth;
use serde::Serialize;
use tokio::time::Instant;

use super::settings::{SOURCE, TARGET};

/// A scheduler that has made no turn for so long hangs. It turns every few seconds, whatever the jobs do.
const HANGS_AFTER: Duration = Duration::from_secs(60);

/// The databases. Redis is a cache, and nothing waits for it.
const DEPENDENCIES: [Dependency; 2] = [SOURCE.dependency, TARGET.dependency];

/// The health of the service.
#[derive(Debug, Default)]
pub(crate) struct ServiceHealth(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    has_started: bool,
    /// What is waited for, by the name of the dependency.
    waiting: BTreeMap<&'static str, Waiting>,
    /// Why JOBS_DIR cannot be read.
    unreadable: Option<String>,
    last_turn: Option<Instant>,
}

/// Why the service is not ready.
#[derive(Serialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
enum NotReady<'a> {
    Starting,
    WaitingFor(&'a Waiting),
    JobsUnreadable { error: &'a str },
}

impl ServiceHealth {
    /// The start is over.
    pub(crate) fn start(&self) {
        let mut state = self.state();
        (state.has_started, state.last_turn) = (true, Some(Instant::now()));
    }

    /// The scheduler is alive.
    pub(crate) fn turn(&self) {
        self.state().last_turn = Some(Instant::now());
    }

    /// A database is away.
    pub(crate) fn wait(&self, waiting: Waiting) {
        self.state().waiting.insert(waiting.dependency.name, waiting);
    }

    /// Both databases have answered.
    pub(crate) fn answered(&self) {
        self.state().waiting.clear();
    }

    /// What is waited for.
    pub(crate) fn waiting(&self) -> Vec<Waiting> {
        self.state().waiting.values().cloned().collect()
    }

    /// Whether JOBS_DIR can be read. Returns whether that is new.
    pub(crate) fn set_unreadable(&self, error: Option<&str>) -> bool {
        let mut state = self.state();
        let changed = state.unreadable.is_some() != error.is_some();
        state.unreadable = error.map(str::to_owned);
        changed
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StartHealth for ServiceHealth {
    fn show(&self, waiting: Option<Waiting>) {
        if let Some(waiting) = waiting {
            self.wait(waiting);
        }
    }

    fn done(&self) {
        self.answered();
    }

    async fn alive<T>(&self, work: impl Future<Output = T>) -> T {
        work.await
    }
}

impl HealthSource for ServiceHealth {
    fn reasons(&self) -> Vec<Reason> {
        let state = self.state();
        let waiting = state.waiting.values().map(NotReady::WaitingFor);
        let starting = (!state.has_started && state.waiting.is_empty()).then_some(NotReady::Starting);
        let unreadable = state.unreadable.as_deref().map(|error| NotReady::JobsUnreadable { error });
        starting.into_iter().chain(waiting).chain(unreadable).map(|reason| Reason::new(&reason)).collect()
    }

    fn hangs(&self) -> Option<String> {
        let silent = self.state().last_turn?.elapsed();
        (silent >= HANGS_AFTER).then(|| format!("the scheduler has made no turn for {} s", silent.as_secs()))
    }

    fn update_metrics(&self, _: SystemTime) {
        let state = self.state();
        for dependency in DEPENDENCIES {
            export_waiting(&[dependency], state.waiting.get(dependency.name));
        }
    }
}
