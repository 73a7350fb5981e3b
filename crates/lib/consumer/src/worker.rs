//! The loop itself: batches, and the work without offsets in between, over and over, until it is told to stop.

use std::{sync::Arc, time::Duration};

use schedule::{JobSchedulerError, Schedule, Ticks};
use tokio::time::{Instant, sleep};

use crate::{
    Clock, DependencyError, Fault, LoopHealth, Processor, Publisher, Record, Shutdown, Source, Step, Waiting,
    backoff::Backoff,
    failpoint,
    in_flight::{Due, ReadMode, StopReason},
};

/// How the loop works.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Records per microbatch, upper bound. Larger batches cost fewer round trips and more memory.
    pub batch_size: usize,
    /// How many batches may be on their way side by side, as long as all goes well: while one waits for the disk or for the
    /// broker, another one is worked on. Each has a connection to the database of its own. 1: one after the other.
    pub max_in_flight: usize,
    /// When to work.
    pub schedule: Schedule,
    /// How often the work without offsets is looked at in a continuous schedule; otherwise at each tick.
    pub background_interval: Duration,
    /// How long the attempt in hand may still take once the loop is told to stop; then the batch is abandoned. Must be
    /// shorter than the grace period, or the process is killed in the middle of leaving its group.
    pub drain_timeout: Duration,
}

/// One service's loop: a member of the consumer group, a layer of the warehouse, a producer.
pub struct Worker<S, L, P> {
    /// Where records come from.
    pub source: S,
    /// What is done with them.
    pub processor: L,
    /// Where messages go.
    pub publisher: P,
    /// How it works.
    pub settings: Settings,
    /// What it tells `/health`, `/ready` and `/metrics`.
    pub loop_health: Arc<LoopHealth>,
    /// The wall clock.
    pub clock: Clock,
    /// Cancelled when the loop should end: the batch in hand is finished if its dependencies are there, otherwise
    /// abandoned, uncommitted.
    pub shutdown: Shutdown,
}

/// The loop was told to stop while it waited; the batch in hand is abandoned.
pub(crate) struct Stopped;

/// After a round that failed, no other one begins for so long. It may have taken long, and the source was paused meanwhile:
/// what has come since takes a moment to be fetched, and would wait for the next round to fail as well.
const AFTER_A_FAILURE: Duration = Duration::from_secs(1);

/// What a round of the work without offsets came to.
enum Round {
    /// Nothing is left for now.
    Done,
    /// Another round would find work at once.
    More,
    /// It is put off for so long; records are not kept waiting for it.
    Deferred(Duration),
}

impl<S: Source, L: Processor, P: Publisher> Worker<S, L, P> {
    /// Works until [`Worker::stop`] is cancelled, then leaves the group.
    ///
    /// # Errors
    /// When the scheduler cannot be started.
    pub async fn run(mut self) -> Result<(), JobSchedulerError> {
        let _armed = failpoint::arm();
        let outcome = match Ticks::start(&self.settings.schedule).await? {
            None => self.run_continuously().await,
            Some(mut ticks) => {
                let outcome = self.run_at(&mut ticks).await;
                ticks.stop().await;
                outcome
            }
        };
        self.loop_health.set_step(Step::Stopping);
        if matches!(outcome, Err(Stopped)) {
            tracing::info!("stopped; the batch in hand was abandoned, its records will come again");
        }
        self.source.close().await;
        Ok(())
    }

    async fn run_continuously(&mut self) -> Result<(), Stopped> {
        let (mut backoff, mut background) = (Backoff::new(), Backoff::new());
        let mut due = Due { at: Instant::now(), records_first: false };
        loop {
            match self.process_concurrently(ReadMode::Any, Some(due)).await? {
                StopReason::Shutdown => return Ok(()),
                StopReason::EndReached => backoff = Backoff::new(),
                StopReason::ReadFailed(error) => self.wait(&mut backoff, error, None).await?,
                StopReason::Due => {
                    backoff = Backoff::new();
                    let round = self.background_round(&mut background).await?;
                    let delay = match round {
                        Round::Done => self.settings.background_interval,
                        Round::More => Duration::ZERO,
                        Round::Deferred(delay) => delay.max(self.settings.background_interval).max(AFTER_A_FAILURE),
                    };
                    // Rounds that follow each other at once take turns with what there is to be read: a long outbox must
                    // not hold up records, nor keep the source from being polled until the group gives us up.
                    due = Due { at: Instant::now() + delay, records_first: matches!(round, Round::More) };
                }
            }
        }
    }

    async fn run_at(&mut self, ticks: &mut Ticks) -> Result<(), Stopped> {
        let mut background = Backoff::new();
        loop {
            self.loop_health.set_step(Step::Idle);
            self.until_stopped(ticks.next()).await?;
            self.drain().await?;
            while matches!(self.background_round(&mut background).await?, Round::More) && !self.shutdown.is_cancelled()
            {
                self.drain().await?;
            }
        }
    }

    /// Reads up to the end that every assigned partition has now.
    async fn drain(&mut self) -> Result<(), Stopped> {
        let mut backoff = Backoff::new();
        loop {
            self.loop_health.set_step(Step::Receiving);
            let snapshot = self.loop_health.heartbeat_while(self.source.snapshot_end_offsets());
            match with_stop_deadline(&self.shutdown, Duration::ZERO, snapshot).await? {
                Ok(()) => break,
                Err(error) => self.wait(&mut backoff, error, None).await?,
            }
        }
        self.loop_health.set_waiting(None);
        loop {
            match self.process_concurrently(ReadMode::UntilEnd, None).await? {
                StopReason::Shutdown => return Err(Stopped),
                StopReason::EndReached | StopReason::Due => return Ok(()),
                StopReason::ReadFailed(error) => self.wait(&mut backoff, error, None).await?,
            }
        }
    }

    /// One round of the work that has no offset behind it, through the same store-and-publish half. What is away is
    /// waited out; what does not want this work must not hold up the records, which may be better off: the work is put
    /// off, as `backoff` says.
    async fn background_round(&mut self, backoff: &mut Backoff) -> Result<Round, Stopped> {
        let outbox = loop {
            self.loop_health.set_step(Step::Background);
            let round =
                keep_alive(&mut self.source, &self.loop_health, self.processor.poll_outbox(self.settings.batch_size));
            let error = match with_stop_deadline(&self.shutdown, self.settings.drain_timeout, round).await? {
                Ok(outbox) => break outbox,
                Err(failure) => DependencyError::from(failure),
            };
            // Who does not answer is away more often than unable.
            let is_away = match error.fault {
                Fault::Unreachable => true,
                Fault::TimedOut => backoff.attempts() < 3,
                Fault::Rejected(_) => false,
            };
            if is_away {
                self.wait(backoff, error, None).await?;
            } else {
                return Ok(Round::Deferred(self.defer(backoff, error)));
            }
        };
        // The round has asked everything but Kafka.
        if self.loop_health.waiting().is_some_and(|waiting| waiting.dependency.name != "kafka") {
            self.loop_health.set_waiting(None);
        }
        failpoint::pass("resumed");
        if !outbox.messages.is_empty() {
            failpoint::pass("handed out");
        }
        self.publish(&outbox.messages, &[]).await?;
        failpoint::pass("sent");
        if !outbox.messages.is_empty() {
            failpoint::pass("acknowledged");
            self.loop_health.set_step(Step::Background);
            let settling = keep_alive(&mut self.source, &self.loop_health, self.processor.mark_sent());
            // What could not be marked is sent again: not at once, or the destination fills with repetitions.
            if let Err(failure) = with_stop_deadline(&self.shutdown, self.settings.drain_timeout, settling).await? {
                return Ok(Round::Deferred(self.defer(backoff, failure.into())));
            }
        }
        *backoff = Backoff::new();
        self.loop_health.set_deferred(None);
        Ok(if outbox.more { Round::More } else { Round::Done })
    }

    /// Lets some time pass after an error, which comes from `record` if that is known: the loop goes on turning, the
    /// source goes on being polled.
    pub(crate) async fn wait(
        &mut self,
        backoff: &mut Backoff,
        error: DependencyError,
        record: Option<&Record>,
    ) -> Result<(), Stopped> {
        let delay = backoff.next_delay();
        let DependencyError { dependency, error, .. } = error;
        let (attempts, retry_in_s) = (backoff.attempts(), delay.as_secs_f64());
        match record {
            None => {
                tracing::warn!(dependency = dependency.name, error, attempts, retry_in_s, "waiting for a dependency");
            }
            Some(record) => tracing::error!(
                record.topic = %record.topic,
                record.partition = record.partition,
                record.offset = record.offset,
                dependency = dependency.name,
                error,
                attempts,
                retry_in_s,
                "this record cannot be stored, and is not given up; all behind it waits"
            ),
        }
        metrics::counter!("tagmill_dependency_errors_total", "dependency" => dependency.name).increment(1);
        let record = record.map(Record::coordinates);
        self.loop_health.set_waiting(Some(Waiting { dependency, error, attempts, record }));
        self.loop_health.set_step(Step::Waiting);
        self.until_stopped(sleep(delay)).await
    }

    /// Puts off the work without offsets after an error that may come from one piece of it; for how long.
    fn defer(&self, backoff: &mut Backoff, error: DependencyError) -> Duration {
        let delay = backoff.next_delay();
        let DependencyError { dependency, error, .. } = error;
        let (attempts, retry_in_s) = (backoff.attempts(), delay.as_secs_f64());
        tracing::warn!(
            dependency = dependency.name,
            error,
            attempts,
            retry_in_s,
            "what has no record behind it (parked orders, a rebuild, tags) cannot be taken up; records go on"
        );
        metrics::counter!("tagmill_dependency_errors_total", "dependency" => dependency.name).increment(1);
        self.loop_health.set_deferred(Some(Waiting { dependency, error, attempts, record: None }));
        delay
    }

    /// Waits for `work`, unless the loop is told to stop.
    async fn until_stopped(&mut self, work: impl Future<Output = ()>) -> Result<(), Stopped> {
        with_stop_deadline(&self.shutdown, Duration::ZERO, keep_alive(&mut self.source, &self.loop_health, work)).await
    }
}

/// Waits for `work`, but not longer than until `limit` after the loop was told to stop.
pub(crate) async fn with_stop_deadline<T>(
    shutdown: &Shutdown,
    limit: Duration,
    work: impl Future<Output = T>,
) -> Result<T, Stopped> {
    tokio::select! {
        biased;
        () = shutdown.passed(limit) => Err(Stopped),
        done = work => Ok(done),
    }
}

/// Runs `work`, however long it takes, with the membership in the group kept and the heartbeat kept up.
pub(crate) async fn keep_alive<T>(
    source: &mut impl Source,
    loop_health: &LoopHealth,
    work: impl Future<Output = T>,
) -> T {
    loop_health.heartbeat_while(source.poll_while(work)).await
}
