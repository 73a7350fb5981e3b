//! The loop: alternates between batches and background rounds until it is told to stop.

use std::{sync::Arc, time::Duration};

use schedule::{JobSchedulerError, Schedule, Ticks};
use tokio::time::{Instant, sleep};

use crate::{
    Clock, DependencyError, Fault, LoopHealth, Processor, Publisher, Record, Shutdown, Source, Step, Waiting,
    backoff::Backoff,
    failpoint,
    in_flight::{Due, ReadMode, StopReason},
};

/// Settings of the loop.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Maximum number of records per microbatch. Larger batches cost fewer round trips and more memory.
    pub batch_size: usize,
    /// Maximum number of batches processed concurrently while nothing fails: while one batch waits for the disk or the
    /// broker, the next one is processed. Each batch uses its own database connection. 1: batches are processed one
    /// after the other.
    pub max_in_flight: usize,
    /// When the loop reads records.
    pub schedule: Schedule,
    /// The interval of background rounds in a continuous schedule. With any other schedule, a round runs at each tick.
    pub background_interval: Duration,
    /// How long the current attempt may continue after the loop is told to stop; then the batch is abandoned. Must be
    /// shorter than the grace period. Otherwise the process is killed before it has left its group.
    pub drain_timeout: Duration,
}

/// The loop of one service: a member of the consumer group, a processor, a publisher.
pub struct Worker<S, L, P> {
    /// Reads the records.
    pub source: S,
    /// Decodes and stores the records.
    pub processor: L,
    /// Sends the messages.
    pub publisher: P,
    /// Settings of the loop.
    pub settings: Settings,
    /// The state shown by `/health`, `/ready` and `/metrics`.
    pub loop_health: Arc<LoopHealth>,
    /// The wall clock.
    pub clock: Clock,
    /// Cancelled when the loop has to end. The current batch is finished if its dependencies are reachable. Otherwise
    /// it is abandoned and its offsets are not committed.
    pub shutdown: Shutdown,
}

/// The loop was told to stop while it waited. The current batch is abandoned.
pub(crate) struct Stopped;

/// The shortest pause after a failed background round. The round may have taken long, and the source was paused
/// meanwhile. Without the pause, records that have arrived since then would have to wait for the next round to fail as
/// well.
const AFTER_A_FAILURE: Duration = Duration::from_secs(1);

/// The result of a background round.
enum Round {
    /// No work is left for now.
    Done,
    /// Another round would find work at once.
    More,
    /// The work is deferred for this long. Records are processed meanwhile.
    Deferred(Duration),
}

impl<S: Source, L: Processor, P: Publisher> Worker<S, L, P> {
    /// Runs until [`Worker::shutdown`] is cancelled, then leaves the group.
    ///
    /// # Errors
    /// The scheduler cannot be started.
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
            tracing::info!("stopped; the current batch was abandoned, its records will be read again");
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
                    // Consecutive rounds alternate with records that can be read now. A long outbox must not delay
                    // records, nor keep the source from being polled until the group removes this member.
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

    /// Processes all records up to the current end offset of every assigned partition.
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

    /// One background round: the work without offsets (parked orders, events to publish). Its messages are published as
    /// those of a batch are. If a dependency is unreachable, wait. If it rejects this task, defer the task so that
    /// records keep flowing.
    async fn background_round(&mut self, backoff: &mut Backoff) -> Result<Round, Stopped> {
        let outbox = loop {
            self.loop_health.set_step(Step::Background);
            let round =
                keep_alive(&mut self.source, &self.loop_health, self.processor.poll_outbox(self.settings.batch_size));
            let error = match with_stop_deadline(&self.shutdown, self.settings.drain_timeout, round).await? {
                Ok(outbox) => break outbox,
                Err(failure) => DependencyError::from(failure),
            };
            // A dependency that does not answer in time is more often unreachable than unable to do this task.
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
        // The round has used every dependency but Kafka.
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
            // Messages that could not be marked as sent are sent again. The delay keeps the destination from filling
            // with repetitions.
            if let Err(failure) = with_stop_deadline(&self.shutdown, self.settings.drain_timeout, settling).await? {
                return Ok(Round::Deferred(self.defer(backoff, failure.into())));
            }
        }
        *backoff = Backoff::new();
        self.loop_health.set_deferred(None);
        Ok(if outbox.more { Round::More } else { Round::Done })
    }

    /// Waits after an error. `record` is the record that causes the error, if known. The heartbeat goes on, and the
    /// source is polled.
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
                "this record cannot be stored; it is retried, and all records behind it wait"
            ),
        }
        metrics::counter!("tagmill_dependency_errors_total", "dependency" => dependency.name).increment(1);
        let record = record.map(Record::coordinates);
        self.loop_health.set_waiting(Some(Waiting { dependency, error, attempts, record }));
        self.loop_health.set_step(Step::Waiting);
        self.until_stopped(sleep(delay)).await
    }

    /// Defers background work after an error that one of its tasks may cause. Returns the delay.
    fn defer(&self, backoff: &mut Backoff, error: DependencyError) -> Duration {
        let delay = backoff.next_delay();
        let DependencyError { dependency, error, .. } = error;
        let (attempts, retry_in_s) = (backoff.attempts(), delay.as_secs_f64());
        tracing::warn!(
            dependency = dependency.name,
            error,
            attempts,
            retry_in_s,
            "background work (parked orders, a rebuild, tags) fails and is deferred; records are processed"
        );
        metrics::counter!("tagmill_dependency_errors_total", "dependency" => dependency.name).increment(1);
        self.loop_health.set_deferred(Some(Waiting { dependency, error, attempts, record: None }));
        delay
    }

    /// Waits for `work`, or until the loop is told to stop.
    async fn until_stopped(&mut self, work: impl Future<Output = ()>) -> Result<(), Stopped> {
        with_stop_deadline(&self.shutdown, Duration::ZERO, keep_alive(&mut self.source, &self.loop_health, work)).await
    }
}

/// Waits for `work`. Gives up `limit` after the loop was told to stop.
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

/// Runs `work`, however long it takes. Keeps the membership in the group and the heartbeat meanwhile.
pub(crate) async fn keep_alive<T>(
    source: &mut impl Source,
    loop_health: &LoopHealth,
    work: impl Future<Output = T>,
) -> T {
    loop_health.heartbeat_while(source.poll_while(work)).await
}
