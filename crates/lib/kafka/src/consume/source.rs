//! The source: reads one topic as a member of a consumer group.

use std::{collections::BTreeMap, pin::pin, sync::Arc, time::Duration};

use ::consumer::{DependencyError, LoopHealth, Record};
use futures_util::FutureExt;
use rdkafka::{consumer::Consumer as _, error::KafkaError, message::BorrowedMessage, types::RDKafkaErrorCode as Code};
use tokio::time::{Instant, sleep_until, timeout};

use crate::{
    Error, Settings,
    admin::topic_identity::TopicIdentity,
    admin::topic_watch::TopicWatch,
    client::error::unavailable,
    client::librdkafka_text::{offset_in_error, too_large},
    client::supervisor::{Client, Supervisor},
    consume::buffer::Buffer,
    consume::consumer::{self, Consumer},
    consume::context::GroupContext,
    consume::ends::Ends,
    consume::generation::AssignmentGeneration,
    consume::in_flight::InFlightOffsets,
    consume::progress::Progress,
    consume::receive_now::receive_now,
    consume::record,
};

use self::{unreadable::Unreadable, verification::Verification};

mod commit_interval;
#[cfg(test)]
mod replacements;
mod unreadable;
mod verification;

/// One member of a consumer group on one topic.
///
/// The client is polled only while a method of this type reads, waits or closes, so its callbacks never run
/// concurrently. No more than [`Settings::max_poll_interval`] may pass between two calls. Work that may take longer
/// runs in [`::consumer::Source::poll_while`].
pub struct Source {
    consumer: Arc<Consumer>,
    settings: Settings,
    loop_health: Arc<LoopHealth>,
    topic: Arc<str>,
    /// Received records that were not returned yet. They make it safe to drop a future that reads.
    buffer: Buffer,
    progress: Progress,
    in_flight: InFlightOffsets,
    rebalances: u64,
    report_at: Instant,
    /// When offsets may be committed again.
    commit_at: Instant,
    ends: Ends,
    unreadable: Unreadable,
    verification: Verification,
    /// Whether the last preparation failed ([`Source::prepare`]).
    is_unprepared: bool,
    /// The partitions to read from these offsets, before anything else is read.
    restart: BTreeMap<i32, i64>,
    identity: Arc<TopicIdentity>,
    supervisor: Supervisor,
    topics: TopicWatch,
    /// Whether everything before the snapshot of end offsets was returned. The lag of the group must then be visible.
    at_end: bool,
}

/// Longer work is accompanied by polling. For shorter work, polling is not worth it, because a pause drops prefetched
/// records. Rebalances wait no longer than this.
const POLL_AFTER: Duration = Duration::from_secs(1);

/// The interval at which a lasting outage is reported.
const REPORT_EVERY: Duration = Duration::from_secs(5);

/// How long the group may take to assign partitions before it counts as an outage. A rebalance takes a few heartbeats.
const JOIN_TIMEOUT: Duration = Duration::from_secs(10);

impl Source {
    /// Creates a source that has asked to join its group. Does not wait for the group.
    ///
    /// # Errors
    /// A setting cannot be used. Unreachable brokers are not an error here; reading reports them.
    pub fn connect(settings: &Settings, loop_health: Arc<LoopHealth>) -> Result<Self, Error> {
        let identity = Arc::<TopicIdentity>::default();
        Ok(Self {
            supervisor: Supervisor::new(Client::Consumer, settings, Some(Arc::clone(&loop_health))),
            topics: TopicWatch::new(settings, Arc::clone(&loop_health)),
            consumer: consumer::open(settings, Arc::clone(&loop_health), Arc::clone(&identity))?,
            settings: settings.clone(),
            loop_health,
            topic: settings.source_topic.as_str().into(),
            buffer: Buffer::default(),
            progress: Progress::default(),
            in_flight: InFlightOffsets::default(),
            rebalances: 0,
            report_at: Instant::now(),
            commit_at: Instant::now(),
            ends: Ends::default(),
            unreadable: Unreadable::default(),
            verification: Verification::default(),
            is_unprepared: false,
            restart: BTreeMap::new(),
            identity,
            at_end: false,
        })
    }

    fn context(&self) -> &GroupContext {
        self.consumer.context()
    }

    /// Waits for the next event: a record, the end of a partition, a rebalance.
    async fn receive(&mut self) -> Result<(), DependencyError> {
        self.supervisor.observe(self.context().health());
        if let Err(error) = self.prepare().await {
            self.is_unprepared = true;
            if self.supervisor.until_lost().now_or_never().is_some() {
                self.begin_anew("the consumer makes no progress")?;
            }
            return Err(error);
        }
        if std::mem::take(&mut self.is_unprepared) {
            self.context().goes_on();
        }
        let retry_at = self.retry_at();
        let context = self.consumer.context();
        let event = tokio::select! {
            biased;
            committed = self.verification.answer(), if self.verification.is_asking() => {
                self.take_committed(committed);
                None
            }
            () = sleep_until(retry_at.unwrap_or_else(Instant::now)), if retry_at.is_some() => {
                self.retry().await;
                None
            }
            event = self.consumer.recv() => Some(event.map(|message| owned(&self.topic, &message, &self.loop_health))),
            () = context.changed() => None,
            () = sleep_until(self.commit_at), if context.has_due_commits() => None,
            () = sleep_until(self.report_at), if context.outage().is_some() => None,
            () = self.supervisor.until_lost() => return self.begin_anew("the consumer makes no progress"),
            () = self.topics.watch(&self.consumer) => None,
        };
        if let Some(event) = event {
            self.take(event)?;
        }
        self.forget_revoked();
        self.commit_at_interval();
        self.report()
    }

    /// Restarts, seeks back and verifies partitions before anything else is read.
    async fn prepare(&mut self) -> Result<(), DependencyError> {
        self.begin_topic_anew()?;
        self.restart().await?;
        self.verify();
        self.go_back().await
    }

    /// Takes an event that is available now. Returns whether there was one.
    fn receive_now(&mut self) -> Result<bool, DependencyError> {
        self.begin_topic_anew()?;
        if !self.restart.is_empty() || self.has_unreadable_batch() {
            return Ok(false);
        }
        let event = receive_now(self.consumer.recv());
        let Some(event) = event.map(|event| event.map(|message| owned(&self.topic, &message, &self.loop_health)))
        else {
            return Ok(false);
        };
        self.take(event).map(|()| true)
    }

    fn take(&mut self, event: Result<Record, KafkaError>) -> Result<(), DependencyError> {
        match event {
            Ok(record) => self.take_record(record),
            Err(KafkaError::MessageConsumption(Code::MessageSizeTooLarge)) => self.take_refused(),
            Err(KafkaError::PartitionEOF(partition)) => self.ended(partition),
            Err(error @ KafkaError::MessageConsumptionFatal(_)) => self.begin_anew(&error.to_string())?,
            Err(KafkaError::MessageConsumption(code)) if is_join_rejected(code) => self.context().rejected(code),
            Err(error) => self.note_error(error.rdkafka_error_code().unwrap_or(Code::Unknown)),
        }
        Ok(())
    }

    fn take_record(&mut self, record: Record) {
        let generation = self.context().received(record.partition);
        let before = generation.and_then(|generation| self.progress.next(record.partition, generation));
        self.context().watched().delivered(record.partition, record.offset, before);
        if let Some(generation) = generation {
            self.progress.position_reached(record.partition, generation, record.offset);
            self.buffer.push(generation, record);
        }
    }

    /// Takes the records that the client has skipped because of their size: each without its content.
    fn take_refused(&mut self) {
        match too_large(&self.context().watched().error_text()) {
            Some(refused) => record::unread(&Arc::clone(&self.topic), refused).for_each(|it| self.take_record(it)),
            None => self.note_error(Code::MessageSizeTooLarge),
        }
    }

    /// Processes the end of a partition.
    fn ended(&mut self, partition: i32) {
        let context = self.consumer.context();
        let generation = context.generation(partition);
        let before = generation.and_then(|generation| self.progress.next(partition, generation));
        self.progress.ended(partition);
        let end = offset_in_error(&context.watched().error_text());
        let (Some(generation), Some(end)) = (generation, end) else { return };
        let after = self.ends.after(partition, generation, end).or(before);
        context.watched().delivered(partition, end, before);
        self.ends.end_reached(partition, generation, after, end);
        let is_done = !self.buffer.holds(partition) && !self.in_flight.holds(partition, generation);
        if is_done && end > 0 && after.is_none_or(|after| after < end) {
            context.set_due_commits(&BTreeMap::from([(partition, end)]));
        }
    }

    /// Replaces the client in the group, after it has failed or made no progress.
    fn begin_anew(&mut self, error: &str) -> Result<(), DependencyError> {
        tracing::error!(error, "the consumer has failed and is replaced");
        Client::Consumer.count_replacement();
        let identity = Arc::clone(&self.identity);
        let fresh = consumer::open(&self.settings, Arc::clone(&self.loop_health), identity).map_err(unavailable)?;
        fresh.context().replace(self.context());
        let failed = std::mem::replace(&mut self.consumer, fresh);
        tokio::spawn(consumer::leave(failed, self.settings.leave_timeout));
        self.buffer = Buffer::default();
        self.progress = Progress::default();
        self.ends = Ends::default();
        self.unreadable = Unreadable::default();
        self.verification = Verification::default();
        self.restart.clear();
        Ok(())
    }

    /// Drops received records of partitions that were revoked. Their next owner reads them as well.
    fn forget_revoked(&mut self) {
        let context = self.consumer.context();
        let rebalances = context.rebalances();
        if self.rebalances != rebalances {
            self.rebalances = rebalances;
            let is_ours = |partition, generation| context.generation(partition) == Some(generation);
            self.buffer.retain(is_ours);
            self.progress.retain(is_ours);
        }
    }

    fn report(&mut self) -> Result<(), DependencyError> {
        match self.context().outage() {
            Some(outage) if self.report_at <= Instant::now() => {
                self.report_at = Instant::now() + REPORT_EVERY;
                Err(unavailable(outage))
            }
            _ => Ok(()),
        }
    }

    fn take_batch(&mut self, limit: usize) -> Vec<Record> {
        self.forget_revoked();
        let batch = self.buffer.take(limit);
        self.in_flight.note(batch.iter().map(|(generation, record)| (record.partition, record.offset, *generation)));
        batch.into_iter().map(|(_, record)| record).collect()
    }

    /// Resumes reading after a pause, except for partitions in error.
    fn resume(&self) {
        if self.context().is_paused() {
            consumer::resume(&self.consumer);
            self.hold();
        }
    }

    async fn joined(&mut self) -> Result<Vec<(i32, AssignmentGeneration)>, DependencyError> {
        loop {
            if let Some(partitions) = self.context().partitions() {
                return Ok(partitions);
            }
            self.receive().await?;
        }
    }
}

impl ::consumer::Source for Source {
    async fn snapshot_end_offsets(&mut self) -> Result<(), DependencyError> {
        self.at_end = false;
        // Between ticks of a second no other call polls, and without polling a member does not notice a rebalance.
        self.receive_now()?;
        self.forget_revoked();
        let joined = timeout(JOIN_TIMEOUT, self.joined()).await;
        let partitions = joined.map_err(|_| unavailable("the group has not assigned its partitions"))??;
        for (partition, generation, watermarks) in consumer::watermarks(&self.consumer, &self.topic, partitions).await?
        {
            self.progress.set_end(partition, generation, watermarks);
        }
        // The end of a partition may have been prefetched and be older than the snapshot. Pausing drops it, so an end
        // that is reported from now on is current.
        if !self.progress.is_complete() {
            consumer::pause(&self.consumer);
        }
        Ok(())
    }

    async fn next(&mut self, limit: usize) -> Result<Vec<Record>, DependencyError> {
        self.resume();
        self.forget_revoked();
        while self.buffer.is_empty() {
            self.receive().await?;
        }
        while !self.buffer.is_full(limit) && self.receive_now()? {}
        Ok(self.take_batch(limit))
    }

    async fn next_full(&mut self, limit: usize) -> Result<Vec<Record>, DependencyError> {
        self.resume();
        self.forget_revoked();
        while !self.buffer.is_full(limit) {
            self.receive().await?;
        }
        Ok(self.take_batch(limit))
    }

    async fn next_until_end(&mut self, limit: usize) -> Result<Vec<Record>, DependencyError> {
        self.resume();
        self.forget_revoked();
        while !self.buffer.is_full(limit) && !self.progress.is_complete() {
            self.receive().await?;
        }
        if self.buffer.is_empty() {
            self.at_end = true;
            self.commit_now();
        }
        Ok(self.take_batch(limit))
    }

    async fn poll_while<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        let patience = Instant::now() + POLL_AFTER;
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                () = sleep_until(self.commit_at), if self.context().has_due_commits() => self.commit_now(),
                () = sleep_until(patience) => break,
            }
        }
        consumer::pause(&self.consumer); // the next read resumes
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                _ = self.receive() => {} // the next read reports errors
            }
        }
    }

    fn commit(&mut self, records: &[Record]) {
        let offsets = self.committable(records);
        self.context().set_due_commits(&offsets);
        if self.at_end {
            self.commit_now();
        } else {
            self.commit_at_interval();
        }
    }

    async fn close(mut self) {
        if self.verification.is_asking()
            && let Ok(answer) = timeout(POLL_AFTER, self.verification.answer()).await
        {
            self.take_committed(answer);
        }
        self.commit_now();
        // Pending commits are sent before the request to leave.
        consumer::leave(self.consumer, self.settings.leave_timeout).await;
    }
}

fn owned(topic: &Arc<str>, message: &BorrowedMessage<'_>, loop_health: &LoopHealth) -> Record {
    record::owned(topic, message, |reason| loop_health.admits_line(reason))
}

/// Whether the group rejects this member, although the brokers are reachable.
fn is_join_rejected(code: Code) -> bool {
    matches!(
        code,
        Code::InvalidSessionTimeout
            | Code::InvalidGroupId
            | Code::InconsistentGroupProtocol
            | Code::GroupAuthorizationFailed
            | Code::GroupMaxSizeReached
    )
}
