//! Waiting out what is away at the start, while `/ready` says what it is.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use pipeline::{Vitals, Waiting};
use tokio::time::sleep;

use crate::{Refusal, Startup};

/// Up to this between two attempts: longer, and a service stands idle after its database is back.
const LONGEST: Duration = Duration::from_secs(5);

/// Repeats `attempt` until it succeeds or is refused. To be dropped when the process is told to stop.
pub(crate) async fn until_available<T>(
    vitals: &Vitals,
    attempt: impl AsyncFn() -> Result<T, Startup>,
) -> Result<T, Refusal> {
    let mut attempts = 0;
    let mut delays = delays();
    loop {
        vitals.turned();
        let unavailable = match attempt().await {
            Ok(done) => {
                vitals.waits_for(None);
                return Ok(done);
            }
            Err(Startup::Refused(refusal)) => return Err(refusal),
            Err(Startup::Unavailable(unavailable)) => unavailable,
        };
        attempts += 1;
        let delay = delays.next().unwrap_or(LONGEST);
        tracing::warn!(
            dependency = unavailable.dependency,
            error = unavailable.error,
            attempts,
            retry_in_s = delay.as_secs_f64(),
            "waiting for a dependency"
        );
        metrics::counter!("tagmill_outages_total", "dependency" => unavailable.dependency).increment(1);
        vitals.waits_for(Some(Waiting { dependency: unavailable.dependency, error: unavailable.error, attempts }));
        sleep(delay).await;
    }
}

/// Delays from 100 ms, doubling, with jitter, for as long as it takes.
fn delays() -> impl Iterator<Item = Duration> {
    let delays = ExponentialBuilder::new()
        .with_min_delay(Duration::from_millis(100))
        .with_max_delay(LONGEST)
        .with_jitter()
        .without_max_times();
    delays.build()
}
