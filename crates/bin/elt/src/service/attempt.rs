//! One attempt at a cycle: connections of its own, TIMEOUT, and the end of its statements when it is given up.

use std::{net::SocketAddr, sync::Arc};

use consumer::DependencyError;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::servers::{Connections, Servers};
use crate::{
    cycle::{self, Options, record_failure},
    error::Error,
    job::Job,
    outcome::{Outcome, Status},
};

/// What became of an attempt.
pub(crate) enum Attempt {
    /// The cycle has ended, well or not. Its failure is recorded, unless it is an outage.
    Done(Box<Outcome>),
    /// A database could not be connected to.
    Away(DependencyError),
    /// It was given up, and is rolled back.
    Abandoned,
}

/// Runs one cycle.
pub(crate) async fn attempt(servers: &Servers, job: &Job, options: &Options, abandon: &CancellationToken) -> Attempt {
    let connections = match servers.connect().await {
        Ok(connections) => connections,
        Err(error) => return Attempt::Away(error.into()),
    };
    let Connections { source, target, mut redis } = connections;
    let cancellers = [source.canceller(&servers.source), target.canceller(&servers.target)];
    let end_statements = async || {
        tokio::join!(cancellers[0].cancel(), cancellers[1].cancel());
    };
    let parts = cycle::Servers { source: &source.client, target: &target.client, redis: redis.as_mut().ok() };
    let cycle = timeout(job.timeout, cycle::run(job, parts, options));
    let ended = tokio::select! {
        ended = cycle => ended,
        () = abandon.cancelled() => {
            end_statements().await;
            return Attempt::Abandoned;
        }
    };
    let Ok(mut outcome) = ended else {
        end_statements().await;
        let mut outcome = timed_out(job);
        if !options.dry_run {
            record(servers, job, &options.instance, &mut outcome).await;
        }
        return Attempt::Done(Box::new(outcome));
    };
    if let Err(error) = redis {
        outcome.notes.push(format!("Redis is away: {error}"));
    }
    if outcome.error.as_ref().is_some_and(|error| !error.is_outage()) && !options.dry_run && !options.record_failure {
        record_failure(job, &target.client, &options.instance, &mut outcome).await;
    }
    Attempt::Done(Box::new(outcome))
}

fn timed_out(job: &Job) -> Outcome {
    let limit = humantime::format_duration(job.timeout);
    let message = format!("the cycle took longer than TIMEOUT ({limit}): raise it, or make the queries faster");
    Outcome { error: Some(Error::job(message)), seconds: job.timeout.as_secs_f64(), ..Outcome::new(Status::Failed) }
}

/// Writes a failure on a connection of its own, as far as A can be reached.
pub(crate) async fn record(servers: &Servers, job: &Job, instance: &str, outcome: &mut Outcome) {
    if let Ok(connection) = database::connect(&servers.target).await {
        record_failure(job, &connection.client, instance, outcome).await;
    }
}

/// The failed outcome of a database that is away.
pub(crate) fn away(error: &DependencyError) -> Outcome {
    let message = format!("{}: {}", error.dependency.name, error.error);
    Outcome { error: Some(Error::job(message)), ..Outcome::new(Status::Failed) }
}

/// The name of this process in `elt.jobs`: the same after a restart, another one for each replica.
pub(crate) fn instance(address: SocketAddr) -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    match address.ip().is_unspecified() {
        true => format!("{}:{}", host.trim(), address.port()),
        false => format!("{}:{address}", host.trim()),
    }
}

/// What a cycle is told. `allow_deletes` and the like are for commands.
pub(crate) fn options(instance: &str, hash_limit: usize) -> Options {
    Options {
        instance: instance.to_owned(),
        hash_limit,
        fresh: std::time::Duration::ZERO,
        lock_timeout: std::time::Duration::from_secs(30),
        allow_deletes: false,
        method: cycle::Method::Fastest,
        from_beginning: false,
        dry_run: false,
        record_failure: false,
        estimate: false,
        progress: Arc::default(),
    }
}
