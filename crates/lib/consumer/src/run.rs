//! The loop: alternates between batches and background rounds until a stop is requested.

use std::time::Duration;

use schedule::{JobSchedulerError, Ticks};
use tokio::time::Instant;

use crate::{
    DependencyError, Fault, Processor, Publisher, Source, Step, Waiting, Worker,
    backoff::Backoff,
    in_flight::{Due, ReadMode, StopReason},
    worker::{Stopped, keep_alive, with_stop_deadline},
};

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
                Err(failure) => failure.into_dependency_error(L::STORE),
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
                return Ok(Round::Deferred(self.defer(backoff, failure.into_dependency_error(L::STORE))));
            }
        }
        *backoff = Backoff::new();
        self.loop_health.set_deferred(None);
        Ok(if outbox.more { Round::More } else { Round::Done })
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
}
