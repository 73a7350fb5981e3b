//! The loop itself: batches, and the work without offsets in between, over and over, until it is told to stop.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};
use tokio_cron_scheduler::JobSchedulerError;

use crate::{
    Clock, Fault, Layer, Publisher, Record, Schedule, Source, Step, Stop, Unavailable, Vitals, Waiting, failpoint,
    flight::{Due, Landing, Reading},
    retry::Patience,
    schedule::Ticks,
};

/// How the loop works.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Records per microbatch, upper bound. Larger batches cost fewer round trips and more memory.
    pub batch_size: usize,
    /// How many batches may be on their way side by side, as long as all goes well: while one waits for the disk or for the
    /// broker, another one is worked on. Each has a connection to the database of its own. 1: one after the other.
    pub side_by_side: usize,
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
    pub stop: Stop,
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
    PutOff(Duration),
}

impl<S: Source, L: Layer, P: Publisher> Worker<S, L, P> {
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
        self.vitals.enters(Step::Stopping);
        if matches!(outcome, Err(Stopped)) {
            tracing::info!("stopped; the batch in hand was abandoned, its records will come again");
        }
        self.source.close().await;
        Ok(())
    }

    async fn run_continuously(&mut self) -> Result<(), Stopped> {
        let (mut patience, mut resuming) = (Patience::new(), Patience::new());
        let mut due = Due { at: Instant::now(), records_first: false };
        loop {
            match self.fly(Reading::Whatever, Some(due)).await? {
                Landing::Told => return Ok(()),
                Landing::Ended => patience = Patience::new(),
                Landing::Unread(error) => self.wait(&mut patience, error, None).await?,
                Landing::Due => {
                    patience = Patience::new();
                    let round = self.resume(&mut resuming).await?;
                    let delay = match round {
                        Round::Done => self.settings.resume_every,
                        Round::More => Duration::ZERO,
                        Round::PutOff(delay) => delay.max(self.settings.resume_every).max(AFTER_A_FAILURE),
                    };
                    // Rounds that follow each other at once take turns with what there is to be read: a long backlog must
                    // not hold up records, nor keep the source from being polled until the group gives us up.
                    due = Due { at: Instant::now() + delay, records_first: matches!(round, Round::More) };
                }
            }
        }
    }

    async fn run_at(&mut self, ticks: &mut Ticks) -> Result<(), Stopped> {
        let mut resuming = Patience::new();
        loop {
            self.vitals.enters(Step::Idle);
            self.until_stopped(ticks.next()).await?;
            self.drain().await?;
            while matches!(self.resume(&mut resuming).await?, Round::More) && !self.stop.is_cancelled() {
                self.drain().await?;
            }
        }
    }

    /// Reads up to the end that every assigned partition has now.
    async fn drain(&mut self) -> Result<(), Stopped> {
        let mut patience = Patience::new();
        loop {
            self.vitals.enters(Step::Receiving);
            let marking = self.vitals.pulse_during(self.source.mark());
            match finish(&self.stop, Duration::ZERO, marking).await? {
                Ok(()) => break,
                Err(error) => self.wait(&mut patience, error, None).await?,
            }
        }
        self.vitals.waits_for(None);
        loop {
            match self.fly(Reading::BeforeMark, None).await? {
                Landing::Told => return Err(Stopped),
                Landing::Ended | Landing::Due => return Ok(()),
                Landing::Unread(error) => self.wait(&mut patience, error, None).await?,
            }
        }
    }

    /// One round of the work that has no offset behind it, through the same store-and-publish half. What is away is
    /// waited out; what does not want this work must not hold up the records, which may be better off: the work is put
    /// off, as `patience` says.
    async fn resume(&mut self, patience: &mut Patience) -> Result<Round, Stopped> {
        let backlog = loop {
            self.vitals.enters(Step::Resuming);
            let round = alive(&mut self.source, &self.vitals, self.layer.resume(self.settings.batch_size));
            let error = match finish(&self.stop, self.settings.stop_within, round).await? {
                Ok(backlog) => break backlog,
                Err(failure) => Unavailable::from(failure),
            };
            // Who does not answer is away more often than unable.
            let is_away = match error.fault {
                Fault::Away => true,
                Fault::OutOfTime => patience.attempts() < 3,
                Fault::Unwilling(_) => false,
            };
            if is_away {
                self.wait(patience, error, None).await?;
            } else {
                return Ok(Round::PutOff(self.put_off(patience, error)));
            }
        };
        // The round has asked everything but Kafka.
        if self.vitals.waiting().is_some_and(|waiting| waiting.dependency != "kafka") {
            self.vitals.waits_for(None);
        }
        failpoint::pass("resumed");
        if !backlog.messages.is_empty() {
            failpoint::pass("handed out");
        }
        self.publish(&backlog.messages, &[]).await?;
        failpoint::pass("sent");
        if !backlog.messages.is_empty() {
            failpoint::pass("acknowledged");
            self.vitals.enters(Step::Resuming);
            let settling = alive(&mut self.source, &self.vitals, self.layer.settle());
            // What could not be marked is sent again: not at once, or the destination fills with repetitions.
            if let Err(failure) = finish(&self.stop, self.settings.stop_within, settling).await? {
                return Ok(Round::PutOff(self.put_off(patience, failure.into())));
            }
        }
        *patience = Patience::new();
        self.vitals.puts_off(None);
        Ok(if backlog.more { Round::More } else { Round::Done })
    }

    /// Lets some time pass after an error, which comes from `record` if that is known: the loop goes on turning, the
    /// source goes on being polled.
    pub(crate) async fn wait(
        &mut self,
        patience: &mut Patience,
        error: Unavailable,
        record: Option<&Record>,
    ) -> Result<(), Stopped> {
        let delay = patience.next_delay();
        let Unavailable { dependency, error, .. } = error;
        let (attempts, retry_in_s) = (patience.attempts(), delay.as_secs_f64());
        match record {
            None => tracing::warn!(dependency, error, attempts, retry_in_s, "waiting for a dependency"),
            Some(record) => tracing::error!(
                record.topic = %record.topic,
                record.partition = record.partition,
                record.offset = record.offset,
                dependency,
                error,
                attempts,
                retry_in_s,
                "this record cannot be stored, and is not given up; all behind it waits"
            ),
        }
        metrics::counter!("tagmill_outages_total", "dependency" => dependency).increment(1);
        let record = record.map(Record::coordinates);
        self.vitals.waits_for(Some(Waiting { dependency, error, attempts, record }));
        self.vitals.enters(Step::Waiting);
        self.until_stopped(sleep(delay)).await
    }

    /// Puts off the work without offsets after an error that may come from one piece of it; for how long.
    fn put_off(&self, patience: &mut Patience, error: Unavailable) -> Duration {
        let delay = patience.next_delay();
        let Unavailable { dependency, error, .. } = error;
        let (attempts, retry_in_s) = (patience.attempts(), delay.as_secs_f64());
        tracing::warn!(
            dependency,
            error,
            attempts,
            retry_in_s,
            "what has no record behind it (parked orders, a rebuild, tags) cannot be taken up; records go on"
        );
        metrics::counter!("tagmill_outages_total", "dependency" => dependency).increment(1);
        self.vitals.puts_off(Some(Waiting { dependency, error, attempts, record: None }));
        delay
    }

    /// Waits for `work`, unless the loop is told to stop.
    async fn until_stopped(&mut self, work: impl Future<Output = ()>) -> Result<(), Stopped> {
        finish(&self.stop, Duration::ZERO, alive(&mut self.source, &self.vitals, work)).await
    }
}

/// Waits for `work`, but not longer than until `limit` after the loop was told to stop.
pub(crate) async fn finish<T>(stop: &Stop, limit: Duration, work: impl Future<Output = T>) -> Result<T, Stopped> {
    tokio::select! {
        biased;
        () = stop.passed(limit) => Err(Stopped),
        done = work => Ok(done),
    }
}

/// Runs `work`, however long it takes, with the membership in the group kept and the pulse shown.
pub(crate) async fn alive<T>(source: &mut impl Source, vitals: &Vitals, work: impl Future<Output = T>) -> T {
    vitals.pulse_during(source.keep(work)).await
}
