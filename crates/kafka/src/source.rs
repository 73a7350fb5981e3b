//! The source topic, read as one member of a consumer group.

use std::{collections::BTreeMap, pin::pin, sync::Arc, time::Duration};

use futures_util::FutureExt;
use pipeline::{Record, Unavailable, Vitals};
use rdkafka::{consumer::Consumer as _, error::KafkaError, types::RDKafkaErrorCode as Code};
use tokio::time::{Instant, sleep_until, timeout};

use crate::{
    Error, Settings,
    buffer::Buffer,
    consumer::{self, Consumer},
    ends::Ends,
    epoch::Epoch,
    error::unavailable,
    handed_out::HandedOut,
    librdkafka_text::offset_in_error,
    membership::Membership,
    progress::Progress,
    receive_now::receive_now,
    record,
    supervisor::{Client, Supervisor},
    topic_identity::TopicIdentity,
    topic_watch::TopicWatch,
};

use self::{unreadable::Unreadable, verification::Verification};

mod committing;
#[cfg(test)]
mod replacements;
mod unreadable;
mod verification;

/// One member of a consumer group on one topic.
///
/// The client is polled by whoever reads, waits or closes here, and only then: its callbacks never run beside us. Between
/// two calls nothing may take longer than [`Settings::max_poll_interval`]; work that might goes through
/// [`pipeline::Source::keep`].
pub struct Source {
    consumer: Arc<Consumer>,
    settings: Settings,
    vitals: Arc<Vitals>,
    topic: Arc<str>,
    /// Received and not handed out: what makes it safe to drop a future that reads.
    buffer: Buffer,
    progress: Progress,
    handed_out: HandedOut,
    rebalances: u64,
    report_at: Instant,
    /// When offsets may be committed again.
    commit_at: Instant,
    ends: Ends,
    unreadable: Unreadable,
    verification: Verification,
    /// What has to be done before anything is read has failed.
    is_unprepared: bool,
    /// Partitions that are to be read from these offsets, before anything else is read.
    restart: BTreeMap<i32, i64>,
    identity: Arc<TopicIdentity>,
    supervisor: Supervisor,
    topics: TopicWatch,
    /// Whether everything before the mark has been handed out: whoever looks at the group then wants to see it.
    at_mark: bool,
}

/// Work that takes longer is accompanied by polling. Shorter work is not worth it: pausing throws away what was read
/// ahead. Rebalances wait no longer than this.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often an outage that lasts is reported.
const REPORT_EVERY: Duration = Duration::from_secs(5);

/// How long the group may take to hand out partitions before it counts as an outage; a rebalance takes a few heartbeats.
const JOINING: Duration = Duration::from_secs(10);

impl Source {
    /// Asks to join the group; returns before it has.
    ///
    /// # Errors
    /// When a setting cannot be used. Brokers that are away are no error here: reading reports them.
    pub fn connect(settings: &Settings, vitals: Arc<Vitals>) -> Result<Self, Error> {
        let identity = Arc::<TopicIdentity>::default();
        Ok(Self {
            supervisor: Supervisor::new(Client::Consumer, settings, Some(Arc::clone(&vitals))),
            topics: TopicWatch::new(settings, Arc::clone(&vitals)),
            consumer: consumer::open(settings, Arc::clone(&vitals), Arc::clone(&identity))?,
            settings: settings.clone(),
            vitals,
            topic: settings.source_topic.as_str().into(),
            buffer: Buffer::default(),
            progress: Progress::default(),
            handed_out: HandedOut::default(),
            rebalances: 0,
            report_at: Instant::now(),
            commit_at: Instant::now(),
            ends: Ends::default(),
            unreadable: Unreadable::default(),
            verification: Verification::default(),
            is_unprepared: false,
            restart: BTreeMap::new(),
            identity,
            at_mark: false,
        })
    }

    fn membership(&self) -> &Membership {
        self.consumer.context()
    }

    /// Waits until something has happened: a record, the end of a partition, a rebalance.
    async fn receive(&mut self) -> Result<(), Unavailable> {
        self.supervisor.observe(self.membership().health());
        if let Err(error) = self.prepare().await {
            self.is_unprepared = true;
            if self.supervisor.until_lost().now_or_never().is_some() {
                self.begin_anew("it makes no progress")?;
            }
            return Err(error);
        }
        if std::mem::take(&mut self.is_unprepared) {
            self.membership().goes_on();
        }
        let retry_at = self.retry_at();
        let membership = self.consumer.context();
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
            event = self.consumer.recv() => Some(event.map(|message| record::owned(&self.topic, &message))),
            () = membership.changed() => None,
            () = sleep_until(self.commit_at), if membership.has_due_commits() => None,
            () = sleep_until(self.report_at), if membership.outage().is_some() => None,
            () = self.supervisor.until_lost() => return self.begin_anew("it makes no progress"),
            () = self.topics.watch(&self.consumer) => None,
        };
        if let Some(event) = event {
            self.take(event)?;
        }
        self.forget_revoked();
        self.commit_in_time();
        self.report()
    }

    /// Restarts, goes back and verifies partitions before anything else is read.
    async fn prepare(&mut self) -> Result<(), Unavailable> {
        self.begin_topic_anew()?;
        self.restart().await?;
        self.verify();
        self.go_back().await
    }

    /// Takes what is there already; whether there was something.
    fn receive_now(&mut self) -> Result<bool, Unavailable> {
        self.begin_topic_anew()?;
        if !self.restart.is_empty() || self.has_unreadable_batch() {
            return Ok(false);
        }
        let event = receive_now(self.consumer.recv());
        let Some(event) = event.map(|event| event.map(|message| record::owned(&self.topic, &message))) else {
            return Ok(false);
        };
        self.take(event).map(|()| true)
    }

    fn take(&mut self, event: Result<Record, KafkaError>) -> Result<(), Unavailable> {
        match event {
            Ok(record) => {
                let epoch = self.membership().received(record.partition);
                let before = epoch.and_then(|epoch| self.progress.next(record.partition, epoch));
                self.membership().watched().delivered(record.partition, record.offset, before);
                if let Some(epoch) = epoch {
                    self.progress.reached(record.partition, epoch, record.offset);
                    self.buffer.push(epoch, record);
                }
            }
            Err(KafkaError::PartitionEOF(partition)) => self.ended(partition),
            Err(error @ KafkaError::MessageConsumptionFatal(_)) => self.begin_anew(&error.to_string())?,
            Err(KafkaError::MessageConsumption(code)) if turns_away(code) => self.membership().rejected(code),
            Err(error) => self.note_error(error.rdkafka_error_code().unwrap_or(Code::Unknown)),
        }
        Ok(())
    }

    /// A partition was read to its end.
    fn ended(&mut self, partition: i32) {
        let membership = self.consumer.context();
        let epoch = membership.epoch(partition);
        let before = epoch.and_then(|epoch| self.progress.next(partition, epoch));
        self.progress.ended(partition);
        let end = offset_in_error(&membership.watched().error_text());
        let (Some(epoch), Some(end)) = (epoch, end) else { return };
        let after = self.ends.after(partition, epoch, end).or(before);
        membership.watched().delivered(partition, end, before);
        self.ends.reached(partition, epoch, after, end);
        let is_done = !self.buffer.holds(partition) && !self.handed_out.holds(partition, epoch);
        if is_done && end > 0 && after.is_none_or(|after| after < end) {
            membership.reached(&BTreeMap::from([(partition, end)]));
        }
    }

    /// The client has failed or makes no progress. Another one replaces it in the group.
    fn begin_anew(&mut self, error: &str) -> Result<(), Unavailable> {
        tracing::error!(error, "the consumer cannot go on and is replaced");
        Client::Consumer.count_replacement();
        let identity = Arc::clone(&self.identity);
        let fresh = consumer::open(&self.settings, Arc::clone(&self.vitals), identity).map_err(unavailable)?;
        fresh.context().replace(self.membership());
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

    /// Drops what was received from partitions that have left since: their next owner reads it, too.
    fn forget_revoked(&mut self) {
        let membership = self.consumer.context();
        let rebalances = membership.rebalances();
        if self.rebalances != rebalances {
            self.rebalances = rebalances;
            let is_ours = |partition, epoch| membership.epoch(partition) == Some(epoch);
            self.buffer.retain(is_ours);
            self.progress.retain(is_ours);
        }
    }

    fn report(&mut self) -> Result<(), Unavailable> {
        match self.membership().outage() {
            Some(outage) if self.report_at <= Instant::now() => {
                self.report_at = Instant::now() + REPORT_EVERY;
                Err(unavailable(outage))
            }
            _ => Ok(()),
        }
    }

    fn hand_out(&mut self, limit: usize) -> Vec<Record> {
        self.forget_revoked();
        let batch = self.buffer.take(limit);
        self.handed_out.note(batch.iter().map(|(epoch, record)| (record.partition, record.offset, *epoch)));
        batch.into_iter().map(|(_, record)| record).collect()
    }

    /// Resumes reading after a pause, except for partitions in error.
    fn resume(&self) {
        if self.membership().is_paused() {
            consumer::resume(&self.consumer);
            self.hold();
        }
    }

    async fn joined(&mut self) -> Result<Vec<(i32, Epoch)>, Unavailable> {
        loop {
            if let Some(partitions) = self.membership().partitions() {
                return Ok(partitions);
            }
            self.receive().await?;
        }
    }
}

impl pipeline::Source for Source {
    async fn mark(&mut self) -> Result<(), Unavailable> {
        self.at_mark = false;
        // Between ticks of a second nobody else polls, and who does not poll hears of no rebalance.
        self.receive_now()?;
        self.forget_revoked();
        let joined = timeout(JOINING, self.joined()).await;
        let partitions = joined.map_err(|_| unavailable("the group has not handed out its partitions"))??;
        for extent in consumer::extents(&self.consumer, &self.topic, partitions).await? {
            self.progress.mark(extent);
        }
        // The end of a partition may have been read ahead, and be older than the mark. Pausing drops it: an end that is
        // reported from now on is one.
        if !self.progress.is_complete() {
            consumer::pause(&self.consumer);
        }
        Ok(())
    }

    async fn next(&mut self, limit: usize) -> Result<Vec<Record>, Unavailable> {
        self.resume();
        self.forget_revoked();
        while self.buffer.is_empty() {
            self.receive().await?;
        }
        while !self.buffer.is_full(limit) && self.receive_now()? {}
        Ok(self.hand_out(limit))
    }

    async fn next_full(&mut self, limit: usize) -> Result<Vec<Record>, Unavailable> {
        self.resume();
        self.forget_revoked();
        while !self.buffer.is_full(limit) {
            self.receive().await?;
        }
        Ok(self.hand_out(limit))
    }

    async fn next_before_mark(&mut self, limit: usize) -> Result<Vec<Record>, Unavailable> {
        self.resume();
        self.forget_revoked();
        while !self.buffer.is_full(limit) && !self.progress.is_complete() {
            self.receive().await?;
        }
        if self.buffer.is_empty() {
            self.at_mark = true;
            self.commit_now();
        }
        Ok(self.hand_out(limit))
    }

    async fn keep<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        let patience = Instant::now() + PATIENCE;
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                () = sleep_until(self.commit_at), if self.membership().has_due_commits() => self.commit_now(),
                () = sleep_until(patience) => break,
            }
        }
        consumer::pause(&self.consumer); // and resumed by whoever reads next
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                _ = self.receive() => {} // what is wrong is reported to whoever reads next
            }
        }
    }

    fn commit(&mut self, records: &[Record]) {
        let offsets = self.committable(records);
        self.membership().reached(&offsets);
        if self.at_mark {
            self.commit_now();
        } else {
            self.commit_in_time();
        }
    }

    async fn close(mut self) {
        if self.verification.is_asking()
            && let Ok(answer) = timeout(PATIENCE, self.verification.answer()).await
        {
            self.take_committed(answer);
        }
        self.commit_now();
        // Commits on their way go before the request to leave.
        consumer::leave(self.consumer, self.settings.leave_timeout).await;
    }
}

/// How a group answers whom it does not want as a member, whatever the brokers think of us.
fn turns_away(code: Code) -> bool {
    matches!(
        code,
        Code::InvalidSessionTimeout
            | Code::InvalidGroupId
            | Code::InconsistentGroupProtocol
            | Code::GroupAuthorizationFailed
            | Code::GroupMaxSizeReached
    )
}
