//! One cycle of a job for a command: connections, a bar, another attempt while another process has the table.

use std::{sync::Arc, time::Duration};

use runtime::{CommandSettings, ExitError, schema};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::bar;
use crate::{
    cycle::{
        self, Options,
        backfill::{Range, backfill},
    },
    job::Job,
    outcome::{Outcome, Status},
    service::{
        attempt::{self, Attempt, attempt},
        servers::Servers,
        settings::{JobSettings, ServerSettings},
    },
    state::migrations::MIGRATIONS,
};

/// How long a command waits for the service to finish with the table.
const LOCK_WAIT: Duration = Duration::from_secs(30);

/// The servers and settings of a command.
pub(super) struct Setup {
    servers: Servers,
    jobs: JobSettings,
}

impl Setup {
    /// Reads the settings, and refuses a target database without the schema `elt`.
    pub(super) async fn read(settings: &CommandSettings) -> Result<Self, ExitError> {
        let servers = settings.read::<ServerSettings>()?.connect_to()?;
        schema::require(&servers.target, &MIGRATIONS, settings.service()).await?;
        Ok(Self { servers, jobs: settings.read()? })
    }

    /// What a cycle of a command is told.
    pub(super) fn options(&self) -> Options {
        Options { record_failure: true, estimate: bar::is_shown(), ..attempt::options("command", self.jobs.hash_limit) }
    }

    /// Runs a cycle.
    pub(super) async fn cycle(&self, job: &Job, options: &Options) -> Result<Outcome, ExitError> {
        let never = CancellationToken::new();
        let run = async || match attempt(&self.servers, job, options, &never).await {
            Attempt::Done(outcome) => Ok(*outcome),
            Attempt::Away(error) => Err(ExitError::from(error)),
            Attempt::Abandoned => Err(ExitError::Unavailable("the cycle was given up".to_owned())),
        };
        repeat(job, options, run).await
    }

    /// Upserts a range.
    pub(super) async fn backfill(&self, job: &Job, options: &Options, range: Range) -> Result<Outcome, ExitError> {
        let run = async || {
            let connections = self.servers.connect().await.map_err(runtime::StartupError::from)?;
            let (source, target) = (&connections.source.client, &connections.target.client);
            Ok(backfill(job, cycle::Servers { source, target, redis: None }, options, range).await)
        };
        repeat(job, options, run).await
    }
}

/// Runs a cycle with a bar, again as long as another process has the table.
async fn repeat(
    job: &Job,
    options: &Options,
    run: impl AsyncFn() -> Result<Outcome, ExitError>,
) -> Result<Outcome, ExitError> {
    let begin = Instant::now();
    loop {
        let outcome = bar::show(&job.name, Arc::clone(&options.progress), run()).await?;
        if outcome.status != Status::Elsewhere || begin.elapsed() > LOCK_WAIT {
            return Ok(outcome);
        }
        sleep(Duration::from_millis(500)).await;
    }
}
