//! Waiting out what is away at the start, while `/ready` says what it is.

use pipeline::{Patience, Step, Unavailable, Vitals, Waiting};
use tokio::time::sleep;

use crate::{Refusal, Startup};

/// Repeats `attempt` until it succeeds or is refused. To be dropped when the process is told to stop.
pub(crate) async fn until_available<T>(
    vitals: &Vitals,
    attempt: impl AsyncFn() -> Result<T, Startup>,
) -> Result<T, Refusal> {
    let mut patience = Patience::new();
    loop {
        vitals.enters(Step::Starting);
        let Unavailable { dependency, error, .. } = match vitals.pulse_during(attempt()).await {
            Ok(done) => {
                vitals.waits_for(None);
                return Ok(done);
            }
            Err(Startup::Refused(refusal)) => return Err(refusal),
            Err(Startup::Unavailable(unavailable)) => unavailable,
        };
        let delay = patience.next_delay();
        let (attempts, retry_in_s) = (patience.attempts(), delay.as_secs_f64());
        tracing::warn!(dependency, error, attempts, retry_in_s, "waiting for a dependency");
        metrics::counter!("tagmill_outages_total", "dependency" => dependency).increment(1);
        vitals.waits_for(Some(Waiting { dependency, error, attempts, record: None }));
        vitals.enters(Step::Waiting);
        vitals.pulse_during(sleep(delay)).await;
    }
}
