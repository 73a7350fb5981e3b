//! Waiting for unreachable dependencies at the start.

use std::sync::{Mutex, PoisonError};

use consumer::{Backoff, Dependency, DependencyError, LoopHealth, Step, Waiting, export_waiting};
use health::{HealthSource, Reason};
use serde::Serialize;
use tokio::time::sleep;

use crate::{ExitError, StartupError};

/// The health of a service during its start.
#[expect(async_fn_in_trait, reason = "a service runs in the main task, nothing has to be Send")]
pub trait StartHealth {
    /// Shows that an attempt begins (`None`), or that the service is `waiting` for the next one.
    fn show(&self, waiting: Option<Waiting>);

    /// Shows that the dependency was reached.
    fn done(&self);

    /// Waits for `work`, and shows that the process is alive meanwhile.
    async fn alive<T>(&self, work: impl Future<Output = T>) -> T;
}

/// Repeats `attempt` until it succeeds or is rejected. The caller drops the future when the process is stopped.
///
/// # Errors
/// The rejection.
pub async fn until_available<T>(
    health: &impl StartHealth,
    attempt: impl AsyncFn() -> Result<T, StartupError>,
) -> Result<T, ExitError> {
    let mut backoff = Backoff::new();
    loop {
        health.show(None);
        let DependencyError { dependency, error, .. } = match health.alive(attempt()).await {
            Ok(found) => {
                health.done();
                return Ok(found);
            }
            Err(StartupError::Refused(exit_error)) => return Err(exit_error),
            Err(StartupError::Unavailable(unavailable)) => unavailable,
        };
        let delay = backoff.next_delay();
        let (attempts, retry_in_s) = (backoff.attempts(), delay.as_secs_f64());
        tracing::warn!(dependency = dependency.name, error, attempts, retry_in_s, "waiting for a dependency");
        metrics::counter!("tagmill_dependency_errors_total", "dependency" => dependency.name).increment(1);
        health.show(Some(Waiting { dependency, error, attempts, record: None }));
        health.alive(sleep(delay)).await;
    }
}

/// The loop of a consumer shows its own start.
impl StartHealth for LoopHealth {
    fn show(&self, waiting: Option<Waiting>) {
        // The dependency is shown until an attempt has succeeded.
        if waiting.is_some() {
            self.set_waiting(waiting);
            self.set_step(Step::Waiting);
        } else {
            self.set_step(Step::Starting);
        }
    }

    fn done(&self) {
        self.set_waiting(None);
    }

    async fn alive<T>(&self, work: impl Future<Output = T>) -> T {
        self.heartbeat_while(work).await
    }
}

/// The start of a service without a loop: not ready until [`Start::finish`].
#[derive(Debug)]
pub struct Start(Mutex<State>);

#[derive(Debug)]
struct State {
    is_finished: bool,
    waiting: Option<Waiting>,
    dependencies: Vec<Dependency>,
}

impl Start {
    /// The start of a service that needs these dependencies. Each has a metric from the beginning.
    #[must_use]
    pub fn of(dependencies: &[Dependency]) -> Self {
        Self(Mutex::new(State { is_finished: false, waiting: None, dependencies: dependencies.to_vec() }))
    }

    /// Marks the start as finished.
    pub fn finish(&self) {
        self.with(|state| state.is_finished = true);
    }

    /// The dependency that the start waits for.
    #[must_use]
    pub fn waiting(&self) -> Option<Waiting> {
        self.with(|state| state.waiting.clone())
    }

    fn with<T>(&self, access: impl FnOnce(&mut State) -> T) -> T {
        access(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl StartHealth for Start {
    fn show(&self, waiting: Option<Waiting>) {
        if waiting.is_some() {
            self.with(|state| state.waiting = waiting);
        }
    }

    fn done(&self) {
        self.with(|state| state.waiting = None);
    }

    async fn alive<T>(&self, work: impl Future<Output = T>) -> T {
        work.await
    }
}

/// A reason in `/ready` why the start is not finished.
#[derive(Serialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
enum NotReady<'a> {
    Starting,
    WaitingFor(&'a Waiting),
}

impl HealthSource for Start {
    fn reasons(&self) -> Vec<Reason> {
        self.with(|state| match &state.waiting {
            _ if state.is_finished => Vec::new(),
            None => vec![Reason::new(&NotReady::Starting)],
            Some(waiting) => vec![Reason::new(&NotReady::WaitingFor(waiting))],
        })
    }

    fn update_metrics(&self, _: std::time::SystemTime) {
        self.with(|state| export_waiting(&state.dependencies, state.waiting.as_ref()));
    }
}
