//! Problems of assigned partitions, found in the client's log, errors and statistics.
//!
//! A partition that cannot be read becomes a stall of `LoopHealth`, a log line and a metric.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ::consumer::{LoopHealth, StallCause};
use rdkafka::{statistics::Partition, types::RDKafkaErrorCode as Code};
use tokio::time::Instant;

use crate::{
    admin::topic_identity::TopicIdentity,
    client::librdkafka_text::{LogFact, log_fact},
    consume::partition_watch::{Offsets, PartitionWatch, ReadState},
};

/// The state of the partitions of one topic. Its lock is never held during a call into the client, because the client's
/// threads call [`Partitions::log`].
pub(crate) struct Partitions {
    topic: String,
    loop_health: Arc<LoopHealth>,
    identity: Arc<TopicIdentity>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    watch: PartitionWatch,
    /// The text of the last error. rdkafka reports it separately from the code.
    error_text: String,
    /// Partitions that are in error.
    unreadable: HashSet<i32>,
    /// Rounds of statistics since an error of the whole topic.
    topic_error: Option<u32>,
    /// Positions that the broker no longer has, until a record or an end shows where reading continues.
    resets: HashMap<i32, i64>,
    /// Assigned partitions whose committed offsets are not verified yet.
    unverified: HashSet<i32>,
}

/// Rounds of statistics without a failed fetch after which a topic counts as readable.
const READABLE_AFTER: u32 = 2;

impl Partitions {
    pub(crate) fn new(topic: &str, loop_health: Arc<LoopHealth>, identity: Arc<TopicIdentity>) -> Self {
        // A new client finds the problems again.
        for cause in [StallCause::PartitionError, StallCause::OpenTransaction] {
            loop_health.retain_stalls(cause, |_| false);
        }
        Self { topic: topic.to_owned(), loop_health, identity, state: Mutex::default() }
    }

    /// The source topic.
    pub(crate) fn topic(&self) -> &str {
        &self.topic
    }

    pub(crate) fn identity(&self) -> &TopicIdentity {
        &self.identity
    }

    /// Processes a line of the client's log. Returns whether the source has to act on it. Runs on any thread of the
    /// client.
    pub(crate) fn log(&self, line: &str) -> bool {
        match log_fact(line) {
            Some(LogFact::TopicId { topic, id }) if topic == self.topic => self.identity.seen(id),
            Some(LogFact::OffsetReset { topic, partition, from }) if topic == self.topic => {
                self.state().resets.insert(partition, from);
                false
            }
            _ => false,
        }
    }

    /// Keeps the text of an error, whose code follows.
    pub(crate) fn set_error_text(&self, text: &str) {
        text.clone_into(&mut self.state().error_text);
    }

    /// The text of the last error.
    pub(crate) fn error_text(&self) -> String {
        self.state().error_text.clone()
    }

    /// Records that partitions are assigned. Until [`Partitions::verified`] nothing is committed for them.
    pub(crate) fn came(&self, partitions: impl Iterator<Item = i32>) {
        self.state().unverified.extend(partitions);
    }

    /// Whether the committed offset of a partition is not verified yet.
    pub(crate) fn is_unverified(&self, partition: i32) -> bool {
        self.state().unverified.contains(&partition)
    }

    /// The assigned partitions that are not verified yet.
    pub(crate) fn unverified(&self) -> Vec<i32> {
        self.state().unverified.iter().copied().collect()
    }

    pub(crate) fn verified(&self, partition: i32) {
        self.state().unverified.remove(&partition);
    }

    /// Records that a partition is revoked. Its problems no longer concern this member.
    pub(crate) fn left(&self, partition: i32) {
        let mut state = self.state();
        state.unreadable.remove(&partition);
        state.unverified.remove(&partition);
        state.resets.remove(&partition);
        state.watch.retain(|other| other != partition);
        let subject = self.subject(partition);
        for cause in [StallCause::PartitionError, StallCause::OpenTransaction] {
            self.loop_health.clear_stall(cause, &subject);
        }
        metrics::gauge!("tagmill_high_watermark_lag", &self.labels(partition)).set(0);
    }

    /// Records an error of these partitions or, if they are unknown, of the whole topic.
    pub(crate) fn failed(&self, partitions: &[i32], code: Code, text: &str) {
        let mut state = self.state();
        for &partition in partitions {
            state.unreadable.insert(partition);
            self.loop_health.set_stall(StallCause::PartitionError, &self.subject(partition), &advised(code, text));
        }
        if partitions.is_empty() {
            state.topic_error = Some(0);
            self.loop_health.set_stall(StallCause::PartitionError, &self.topic, &advised(code, text));
        }
    }

    /// Registers a record or an end at this offset: the partition can be read. `before` is the offset after the previous
    /// record, if there was one.
    pub(crate) fn delivered(&self, partition: i32, offset: i64, before: Option<i64>) {
        let mut state = self.state();
        if state.unreadable.remove(&partition) {
            self.loop_health.clear_stall(StallCause::PartitionError, &self.subject(partition));
        }
        if state.topic_error.take().is_some() {
            self.loop_health.clear_stall(StallCause::PartitionError, &self.topic);
        }
        if let Some(&from) = state.resets.get(&partition) {
            // The log may report it before records that were fetched earlier.
            let was_fetched_before = before.is_some_and(|before| (before..from).contains(&offset));
            if !was_fetched_before {
                state.resets.remove(&partition);
                self.reset(partition, from, offset);
            }
        }
    }

    /// Records that the topic can be read, according to its metadata.
    pub(crate) fn topic_is_readable(&self) {
        if self.state().topic_error.take().is_some() {
            self.loop_health.clear_stall(StallCause::PartitionError, &self.topic);
        }
    }

    /// Whether an error of the whole topic has not ended.
    pub(crate) fn has_topic_error(&self) -> bool {
        self.state().topic_error.is_some()
    }

    /// Forgets positions, which belong to the former topic of this name.
    pub(crate) fn forget_positions(&self, partitions: &[i32]) {
        let mut state = self.state();
        state.resets.retain(|partition, _| !partitions.contains(partition));
        state.watch.retain(|partition| !partitions.contains(&partition));
    }

    /// Processes one round of statistics of the assigned partitions.
    pub(crate) fn observe<'a>(&self, partitions: impl Iterator<Item = &'a Partition>, reading: ReadState) {
        let (mut state, now) = (self.state(), Instant::now());
        let (mut ours, mut failed) = (0, 0);
        for seen in partitions {
            ours += 1;
            failed += u32::from(seen.hi_offset < 0); // the last fetch did not return the end of the partition
            self.observe_one(&mut state, seen, reading, now);
        }
        if let Some(rounds) = &mut state.topic_error {
            *rounds = if ours > 0 && failed == 0 { *rounds + 1 } else { 0 };
            if *rounds >= READABLE_AFTER {
                state.topic_error = None;
                self.loop_health.clear_stall(StallCause::PartitionError, &self.topic);
            }
        }
    }

    fn observe_one(&self, state: &mut State, seen: &Partition, reading: ReadState, now: Instant) {
        let (partition, subject) = (seen.partition, self.subject(seen.partition));
        let (position, stable, high) = (seen.next_offset, seen.ls_offset, seen.hi_offset);
        if high >= 0 && seen.committed_offset >= 0 {
            metrics::gauge!("tagmill_high_watermark_lag", &self.labels(partition))
                .set(records(high - seen.committed_offset));
        }
        let offsets = Offsets { position, stable, high, queued: seen.fetchq_cnt };
        let observed = state.watch.observe(partition, offsets, reading, now);
        if observed.is_stopped && state.topic_error.is_none() && state.unreadable.insert(partition) {
            let error = if high < 0 {
                "the brokers do not answer the fetches of the client, which reports no error; a restart of the service \
                 reads the partition again"
                    .to_owned()
            } else {
                format!(
                    "no record is delivered, although the partition has records from offset {position} to {stable} and the client \
                     reports no error; a restart of the service reads the partition again"
                )
            };
            self.loop_health.set_stall(StallCause::PartitionError, &subject, &error);
        }
        if observed.awaits_transaction {
            let error = format!(
                "records from offset {stable} to {high} wait for a transaction that its producer has not ended; they are read \
                 when it is committed or aborted; the broker aborts it after the producer's transaction.timeout.ms"
            );
            self.loop_health.set_stall(StallCause::OpenTransaction, &subject, &error);
        } else {
            self.loop_health.clear_stall(StallCause::OpenTransaction, &subject);
        }
    }

    /// Records that reading continues at `to`, because the broker no longer has the record at `from`.
    fn reset(&self, partition: i32, from: i64, to: i64) {
        let topic = self.topic.as_str();
        if to > from {
            let lost = to - from;
            tracing::error!(
                topic,
                partition,
                from,
                to,
                "{lost} records were deleted before they were read (retention.ms, retention.bytes or DeleteRecords)"
            );
            let (topic, partition, lost) = (topic.to_owned(), partition.to_string(), u64::try_from(lost).unwrap_or(0));
            metrics::counter!("tagmill_records_lost_total", "topic" => topic, "partition" => partition).increment(lost);
        } else {
            tracing::error!(
                topic,
                partition,
                from,
                to,
                "the partition ends before the committed offset of the group; it is read from its beginning"
            );
        }
    }

    fn subject(&self, partition: i32) -> String {
        format!("{}/{partition}", self.topic)
    }

    fn labels(&self, partition: i32) -> [(&'static str, String); 2] {
        [("topic", self.topic.clone()), ("partition", partition.to_string())]
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The text of an error, with advice.
fn advised(code: Code, text: &str) -> String {
    let advice = match code {
        Code::TopicAuthorizationFailed => "grant the user READ and DESCRIBE on the topic",
        Code::BadMessage | Code::InvalidMessage => {
            "the batch is corrupt on the broker's disk: restore the replica, or give the batch up by moving the log start \
             behind it (kafka-delete-records)"
        }
        Code::MessageSizeTooLarge => {
            "a batch is larger than the service can receive: raise MEMORY_LIMIT, or give the batch up by moving the log start \
             behind it (kafka-delete-records); then lower max.message.bytes of the topic"
        }
        Code::NotImplemented => {
            "this release cannot read the batch: let the producer use another codec or format, and move the log start behind \
             the batch (kafka-delete-records) or upgrade"
        }
        _ => "reading is retried every few seconds",
    };
    format!("{text}; {advice}")
}

#[expect(clippy::cast_precision_loss, reason = "a lag never reaches 2^53 records")]
fn records(count: i64) -> f64 {
    count.max(0) as f64
}
