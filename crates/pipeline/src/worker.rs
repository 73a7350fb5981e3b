//! The loop itself: poll → decode → store → publish → commit, over and over, until it is told to stop.

use std::{ops::Range, sync::Arc, time::Duration};

use tokio::time::{Instant, sleep, sleep_until};
use tokio_cron_scheduler::JobSchedulerError;
use tokio_util::sync::CancellationToken;

use crate::{
    Clock, DeadLetter, Failure, Layer, Message, Outcome, Publisher, Record, Rejection, Schedule, Source, Stored,
    Unavailable, Vitals, Waiting, batch::Batch, failpoint, retry::Patience, schedule::Ticks,
};

/// How the loop works.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Records per microbatch, upper bound. Larger batches cost fewer round trips and more memory.
    pub batch_size: usize,
    /// When to work.
    pub schedule: Schedule,
    /// How often the work without offsets is looked at in a continuous schedule; otherwise at each tick.
    pub resume_every: Duration,
    /// How long the attempt in hand may still take once the loop is told to stop; then the batch is abandoned. Must be
    /// shorter than the grace period, or the process is killed in the middle of leaving its group.
    pub stop_within: Duration,
}

/// One service's loop: a member of the consumer group, a layer of the warehouse, a producer.
pub struct Worker<S, L, P> {
    /// Where records come from.
    pub source: S,
    /// What is done with them.
    pub layer: L,
    /// Where messages go.
    pub publisher: P,
    /// How it works.
    pub settings: Settings,
    /// What it tells `/health`, `/ready` and `/metrics`.
    pub vitals: Arc<Vitals>,
    /// The wall clock.
    pub clock: Clock,
    /// Cancelled when the loop should end: the batch in hand is finished if its dependencies are there, otherwise
    /// abandoned, uncommitted.
    pub stop: CancellationToken,
}

/// The loop was told to stop while it waited; the batch in hand is abandoned.
struct Stopped;

/// How often an idle loop shows that it is alive.
const PULSE: Duration = Duration::from_secs(5);

impl<S: Source, L: Layer, P: Publisher> Worker<S, L, P> {
    /// Works until [`Worker::stop`] is cancelled, then leaves the group.
    ///
    /// # Errors
    /// When the scheduler cannot be started.
    pub async fn run(mut self) -> Result<(), JobSchedulerError> {
        let _armed = failpoint::arm();
        let outcome = match Ticks::start(&self.settings.schedule).await? {
            None => self.run_continuously().await,
            Some(ticks) => {
                let outcome = self.run_at(&ticks).await;
                ticks.stop().await;
                outcome
            }
        };
        if matches!(outcome, Err(Stopped)) {
            tracing::info!("stopped; the batch in hand was abandoned, its records will come again");
        }
        self.source.close().await;
        Ok(())
    }

    async fn run_continuously(&mut self) -> Result<(), Stopped> {
        enum Turn {
            Records(Result<Vec<Record>, Unavailable>),
            Resume,
            Pulse,
            Stop,
        }
        let mut patience = Patience::new();
        let mut resume_at = Instant::now();
        loop {
            self.vitals.turned();
            let turn = tokio::select! {
                biased;
                () = self.stop.cancelled() => Turn::Stop,
                () = sleep_until(resume_at) => Turn::Resume,
                records = self.source.next(self.settings.batch_size) => Turn::Records(records),
                () = sleep(PULSE) => Turn::Pulse,
            };
            match turn {
                Turn::Stop => return Ok(()),
                Turn::Pulse => {}
                Turn::Resume => {
                    let more = self.resume().await?;
                    resume_at = Instant::now() + if more { Duration::ZERO } else { self.settings.resume_every };
                }
                Turn::Records(Ok(records)) => {
                    patience = Patience::new();
                    self.process(records).await?;
                }
                Turn::Records(Err(error)) => self.wait(&mut patience, &error).await?,
            }
        }
    }

    async fn run_at(&mut self, ticks: &Ticks) -> Result<(), Stopped> {
        loop {
            self.until_stopped(ticks.next()).await?;
            self.drain().await?;
            while self.resume().await? && !self.stop.is_cancelled() {}
        }
    }

    /// Reads up to the end that every assigned partition has now.
    async fn drain(&mut self) -> Result<(), Stopped> {
        let mut patience = Patience::new();
        while let Err(error) = finish(&self.stop, Duration::ZERO, self.source.mark()).await? {
            self.wait(&mut patience, &error).await?;
        }
        self.vitals.waits_for(None);
        loop {
            self.vitals.turned();
            let records = self.source.next_before_mark(self.settings.batch_size);
            match finish(&self.stop, Duration::ZERO, records).await? {
                Ok(records) if records.is_empty() => return Ok(()),
                Ok(records) => {
                    patience = Patience::new();
                    self.process(records).await?;
                }
                Err(error) => self.wait(&mut patience, &error).await?,
            }
        }
    }

    /// One microbatch, from its bytes to its commit.
    async fn process(&mut self, records: Vec<Record>) -> Result<(), Stopped> {
        let started = Instant::now();
        let mut batch = Batch::receive(&self.layer, records);
        failpoint::pass("received");
        self.store(&mut batch).await?;
        failpoint::pass("stored");
        let dead_letters = batch.dead_letters((self.clock)());
        self.publish(&batch.messages, &dead_letters).await?;
        failpoint::pass("published");
        self.source.commit(&batch.records);
        self.vitals.committed();
        batch.count((self.clock)());
        metrics::histogram!("tagmill_batch_seconds").record(started.elapsed().as_secs_f64());
        Ok(())
    }

    /// One round of the work that has no offset behind it, through the same store-and-publish half; whether there is
    /// more.
    async fn resume(&mut self) -> Result<bool, Stopped> {
        let mut patience = Patience::new();
        let backlog = loop {
            let round = alive(&mut self.source, &self.vitals, self.layer.resume(self.settings.batch_size));
            match finish(&self.stop, self.settings.stop_within, round).await? {
                Ok(backlog) => {
                    // The round has asked everything but Kafka.
                    if self.vitals.waiting().is_some_and(|waiting| waiting.dependency != "kafka") {
                        self.vitals.waits_for(None);
                    }
                    break backlog;
                }
                Err(failure) => self.wait(&mut patience, &failure.into()).await?,
            }
        };
        failpoint::pass("resumed");
        self.publish(&backlog.messages, &[]).await?;
        failpoint::pass("sent");
        if !backlog.messages.is_empty() {
            let settling = alive(&mut self.source, &self.vitals, self.layer.settle());
            if let Err(failure) = finish(&self.stop, self.settings.stop_within, settling).await? {
                tracing::warn!(error = %failure, "messages were sent but could not be marked; they will be sent again");
            }
        }
        Ok(backlog.more)
    }

    /// Stores the events of a batch, in one transaction unless a row is refused: then the halves are tried in their
    /// order, and so on, until the guilty record stands alone. One guilty record among n costs about 2·log₂ n
    /// transactions.
    async fn store(&mut self, batch: &mut Batch<L::Event>) -> Result<(), Stopped> {
        let events = std::mem::take(&mut batch.events);
        let mut open: Vec<Range<usize>> = std::iter::once(0..events.len()).collect();
        while let Some(range) = open.pop() {
            if range.is_empty() {
                continue;
            }
            match self.store_all(&events[range.clone()]).await? {
                Ok(stored) => batch.settle(stored),
                Err(error) if range.len() == 1 => {
                    let outcome = Outcome::DeadLetter(Rejection::new("refused-by-database", error));
                    batch.settle(Stored { outcomes: vec![outcome], messages: Vec::new() });
                }
                Err(_) => {
                    let middle = range.start + range.len() / 2;
                    open.push(middle..range.end);
                    open.push(range.start..middle);
                }
            }
        }
        Ok(())
    }

    /// Stores events, for as long as it takes; the inner error is the database's refusal.
    async fn store_all(&mut self, events: &[L::Event]) -> Result<Result<Stored, String>, Stopped> {
        let mut patience = Patience::new();
        loop {
            let storing = alive(&mut self.source, &self.vitals, self.layer.store(events));
            match finish(&self.stop, self.settings.stop_within, storing).await? {
                Ok(stored) => {
                    self.vitals.waits_for(None);
                    return Ok(Ok(stored));
                }
                Err(Failure::Refused(error)) => return Ok(Err(error)),
                Err(Failure::Unavailable(error)) => self.wait(&mut patience, &error).await?,
            }
        }
    }

    /// Publishes messages, for as long as it takes.
    async fn publish(&mut self, messages: &[Message], dead_letters: &[DeadLetter]) -> Result<(), Stopped> {
        if messages.is_empty() && dead_letters.is_empty() {
            return Ok(());
        }
        let mut patience = Patience::new();
        loop {
            let publishing = self.publisher.publish(messages, dead_letters);
            let publishing = alive(&mut self.source, &self.vitals, publishing);
            match finish(&self.stop, self.settings.stop_within, publishing).await? {
                Ok(()) => {
                    self.vitals.waits_for(None);
                    return Ok(());
                }
                Err(error) => self.wait(&mut patience, &error).await?,
            }
        }
    }

    /// Waits out a dependency: the loop goes on turning, the source goes on being polled.
    async fn wait(&mut self, patience: &mut Patience, error: &Unavailable) -> Result<(), Stopped> {
        let delay = patience.next_delay();
        let waiting =
            Waiting { dependency: error.dependency, error: error.error.clone(), attempts: patience.attempts() };
        tracing::warn!(
            dependency = waiting.dependency,
            error = %waiting.error,
            attempts = waiting.attempts,
            retry_in_s = delay.as_secs_f64(),
            "waiting for a dependency"
        );
        metrics::counter!("tagmill_outages_total", "dependency" => waiting.dependency).increment(1);
        self.vitals.waits_for(Some(waiting));
        self.until_stopped(sleep(delay)).await
    }

    /// Waits for `work`, unless the loop is told to stop.
    async fn until_stopped(&mut self, work: impl Future<Output = ()>) -> Result<(), Stopped> {
        finish(&self.stop, Duration::ZERO, alive(&mut self.source, &self.vitals, work)).await
    }
}

/// Waits for `work`, but not longer than `limit` once the loop is told to stop.
async fn finish<T>(stop: &CancellationToken, limit: Duration, work: impl Future<Output = T>) -> Result<T, Stopped> {
    let out_of_time = async {
        stop.cancelled().await;
        sleep(limit).await;
    };
    tokio::select! {
        biased;
        () = out_of_time => Err(Stopped),
        done = work => Ok(done),
    }
}

/// Runs `work`, however long it takes, with the membership in the group kept and the pulse shown.
async fn alive<T>(source: &mut impl Source, vitals: &Vitals, work: impl Future<Output = T>) -> T {
    let pulse = async {
        loop {
            vitals.turned();
            sleep(PULSE).await;
        }
    };
    tokio::select! {
        done = source.keep(work) => done,
        never = pulse => never,
    }
}
