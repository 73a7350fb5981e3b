//! A job at a tick: attempts until the cycle has ended, or until the next tick.

use std::sync::Arc;

use consumer::{Backoff, DependencyError, Waiting};
use tokio::{sync::watch, time::sleep};
use tokio_util::sync::CancellationToken;

use super::{
    attempt::{self, Attempt, attempt},
    servers::Servers,
    service_health::ServiceHealth,
    settings::{SOURCE, TARGET},
};
use crate::{
    cycle::Options,
    error::{Error, Server},
    job::Job,
    outcome::Outcome,
};

/// What runs jobs.
#[derive(Clone)]
pub(crate) struct Runner {
    pub(crate) servers: Arc<Servers>,
    pub(crate) health: Arc<ServiceHealth>,
    /// Cancelled when the service stops: nothing is waited for any more.
    pub(crate) stop: CancellationToken,
    /// Changes at each tick.
    pub(crate) tick: watch::Receiver<u64>,
    /// Cancelled when cycles have to end now.
    pub(crate) abandon: CancellationToken,
}

impl Runner {
    /// Runs the job. `None`: it was given up.
    pub(crate) async fn run(mut self, job: &Job, options: &Options) -> Option<Outcome> {
        self.tick.mark_unchanged();
        let mut backoff = Backoff::new();
        loop {
            let (mut outcome, trouble) = match attempt(&self.servers, job, options, &self.abandon).await {
                Attempt::Abandoned => return None,
                Attempt::Away(error) => (attempt::away(&error), error),
                Attempt::Done(outcome) => match outage(&outcome) {
                    Some(error) => (*outcome, error),
                    None => {
                        self.health.answered();
                        return Some(*outcome);
                    }
                },
            };
            let delay = backoff.next_delay();
            self.show(&trouble, backoff.attempts());
            tokio::select! {
                () = self.abandon.cancelled() => return None,
                () = self.stop.cancelled() => return None,
                () = sleep(delay) => {}
                _ = self.tick.changed() => {
                    attempt::record(&self.servers, job, &options.instance, &mut outcome).await;
                    return Some(outcome);
                }
            }
        }
    }

    fn show(&self, DependencyError { dependency, error, .. }: &DependencyError, attempts: u32) {
        tracing::warn!(dependency = dependency.name, error, attempts, "waiting for a dependency");
        metrics::counter!("tagmill_dependency_errors_total", "dependency" => dependency.name).increment(1);
        self.health.wait(Waiting { dependency: *dependency, error: error.clone(), attempts, record: None });
    }
}

/// The outage that has ended a cycle, if one has.
fn outage(outcome: &Outcome) -> Option<DependencyError> {
    let error: &Error = outcome.error.as_ref().filter(|error| error.is_outage())?;
    let role = if error.server == Server::Source { SOURCE } else { TARGET };
    Some(DependencyError::new(role.dependency, error))
}
