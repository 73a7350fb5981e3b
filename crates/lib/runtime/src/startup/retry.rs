//! Waiting out what is away at the start, while `/ready` says what it is.

use consumer::{Backoff, DependencyError, LoopHealth, Step, Waiting};
use tokio::time::sleep;

use crate::{ExitError, StartupError};

/// Repeats `attempt` until it succeeds or is refused. To be dropped when the process is told to stop.
pub(crate) async fn until_available<T>(
    loop_health: &LoopHealth,
    attempt: impl AsyncFn() -> Result<T, StartupError>,
) -> Result<T, ExitError> {
    let mut backoff = Backoff::new();
    loop {
        loop_health.set_step(Step::Starting);
        let DependencyError { dependency, error, .. } = match loop_health.heartbeat_while(attempt()).await {
            Ok(done) => {
                loop_health.set_waiting(None);
                return Ok(done);
            }
            Err(StartupError::Refused(exit_error)) => return Err(exit_error),
            Err(StartupError::Unavailable(unavailable)) => unavailable,
        };
        let delay = backoff.next_delay();
        let (attempts, retry_in_s) = (backoff.attempts(), delay.as_secs_f64());
        tracing::warn!(dependency, error, attempts, retry_in_s, "waiting for a dependency");
        metrics::counter!("tagmill_dependency_errors_total", "dependency" => dependency).increment(1);
        loop_health.set_waiting(Some(Waiting { dependency, error, attempts, record: None }));
        loop_health.set_step(Step::Waiting);
        loop_health.heartbeat_while(sleep(delay)).await;
    }
}
