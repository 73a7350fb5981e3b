//! The loop itself: poll → decode → store → publish → commit, over and over, until it is told to stop.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep, sleep_until};
use tokio_cron_scheduler::JobSchedulerError;

use crate::{
    Clock, DeadLetter, Failure, Fault, LARGEST_PART, Layer, Message, Outcome, Publisher, Record, Rejection, Schedule,
    Source, Step, Stop, Stored, Unavailable, Vitals, Waiting,
    batch::Batch,
    failpoint,
    retry::Patience,
    schedule::Ticks,
    search::{Search, Verdict},
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
    pub stop: Stop,
}

/// The loop was told to stop while it waited; the batch in hand is abandoned.
struct Stopped;

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
        enum Turn {
            Records(Result<Vec<Record>, Unavailable>),
            Resume,
            Stop,
        }
        let (mut patience, mut resuming) = (Patience::new(), Patience::new());
        let mut resume_at = Instant::now();
        // Rounds that follow each other at once take turns with what there is to be read: a long backlog must not hold up
        // records, nor keep the source from being polled until the group gives us up.
        let mut records_first = false;
        loop {
            self.vitals.enters(Step::Idle);
            let turn = async {
                tokio::select! {
                    biased;
                    () = self.stop.cancelled() => Turn::Stop,
                    () = sleep_until(resume_at), if !records_first => Turn::Resume,
                    records = self.source.next(self.settings.batch_size) => Turn::Records(records),
                    () = sleep_until(resume_at), if records_first => Turn::Resume,
                }
            };
            match self.vitals.pulse_during(turn).await {
                Turn::Stop => return Ok(()),
                Turn::Resume => {
                    let round = self.resume(&mut resuming).await?;
                    records_first = matches!(round, Round::More);
                    let delay = match round {
                        Round::Done => self.settings.resume_every,
                        Round::More => Duration::ZERO,
                        Round::PutOff(delay) => delay.max(self.settings.resume_every),
                    };
                    resume_at = Instant::now() + delay;
                }
                Turn::Records(Ok(records)) => {
                    (patience, records_first) = (Patience::new(), false);
                    self.process(records).await?;
                }
                Turn::Records(Err(error)) => self.wait(&mut patience, error, None).await?,
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
            self.vitals.enters(Step::Receiving);
            let records = self.vitals.pulse_during(self.source.next_before_mark(self.settings.batch_size));
            match finish(&self.stop, Duration::ZERO, records).await? {
                Ok(records) if records.is_empty() => return Ok(()),
                Ok(records) => {
                    patience = Patience::new();
                    self.process(records).await?;
                }
                Err(error) => self.wait(&mut patience, error, None).await?,
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
        self.publish(&backlog.messages, &[]).await?;
        failpoint::pass("sent");
        if !backlog.messages.is_empty() {
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

    /// Stores the events of a batch, in one transaction if the database will have it, for as long as it takes. Which part
    /// is tried when it will not, is for [`Search`] to say; a record whose data is refused is given up, one that fails for
    /// another reason never.
    async fn store(&mut self, batch: &mut Batch<L::Event>) -> Result<(), Stopped> {
        let events = std::mem::take(&mut batch.events);
        let mut search = Search::among(events.len());
        let mut patience = Patience::new();
        while let Some(range) = search.next() {
            self.vitals.enters(Step::Storing);
            let storing = alive(&mut self.source, &self.vitals, self.layer.store(&events[range]));
            match finish(&self.stop, self.settings.stop_within, storing).await? {
                Ok(stored) => {
                    self.vitals.waits_for(None);
                    patience = Patience::new();
                    search.done();
                    batch.settle(stored);
                    self.publish_early(batch).await?;
                }
                Err(Failure::TooMuch) if search.halve() => {}
                Err(Failure::Refused(error)) => {
                    if !search.halve() {
                        search.done();
                        let outcome = Outcome::DeadLetter(Rejection::new("refused-by-database", error));
                        batch.settle(Stored { outcomes: vec![outcome], messages: Vec::new() });
                    }
                }
                Err(failure) => {
                    let error = Unavailable::from(failure);
                    match search.failed(&error) {
                        Verdict::Repeat => self.wait(&mut patience, error, None).await?,
                        Verdict::Halve => tracing::warn!(
                            dependency = error.dependency,
                            error = error.error,
                            events = events.len(),
                            "the same error repeats; looking for the record it comes from"
                        ),
                        Verdict::Alone => self.wait(&mut patience, error, batch.next_open()).await?,
                    }
                }
            }
        }
        Ok(())
    }

    /// Publishes what follows from a part of a batch, if it is too much to be kept until the rest is stored. The offsets
    /// wait for the rest all the same.
    async fn publish_early(&mut self, batch: &mut Batch<L::Event>) -> Result<(), Stopped> {
        if batch.messages.iter().map(Message::size).sum::<usize>() < LARGEST_PART {
            return Ok(());
        }
        let messages = std::mem::take(&mut batch.messages);
        self.publish(&messages, &[]).await
    }

    /// Publishes messages, for as long as it takes.
    async fn publish(&mut self, messages: &[Message], dead_letters: &[DeadLetter]) -> Result<(), Stopped> {
        if messages.is_empty() && dead_letters.is_empty() {
            return Ok(());
        }
        let mut patience = Patience::new();
        loop {
            self.vitals.enters(Step::Publishing);
            let publishing = self.publisher.publish(messages, dead_letters);
            let publishing = alive(&mut self.source, &self.vitals, publishing);
            match finish(&self.stop, self.settings.stop_within, publishing).await? {
                Ok(()) => {
                    self.vitals.waits_for(None);
                    return Ok(());
                }
                Err(error) => self.wait(&mut patience, error, None).await?,
            }
        }
    }

    /// Lets some time pass after an error, which comes from `record` if that is known: the loop goes on turning, the
    /// source goes on being polled.
    async fn wait(
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
            "what has no record behind it (parked orders, a rebuild) cannot be taken up; records go on"
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
async fn finish<T>(stop: &Stop, limit: Duration, work: impl Future<Output = T>) -> Result<T, Stopped> {
    tokio::select! {
        biased;
        () = stop.passed(limit) => Err(Stopped),
        done = work => Ok(done),
    }
}

/// Runs `work`, however long it takes, with the membership in the group kept and the pulse shown.
async fn alive<T>(source: &mut impl Source, vitals: &Vitals, work: impl Future<Output = T>) -> T {
    vitals.pulse_during(source.keep(work)).await
}
