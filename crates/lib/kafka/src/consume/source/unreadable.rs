//! Errors of partitions: which partition an error concerns, and the pause until the partition is tried again.

use std::{collections::BTreeMap, time::Duration};

use ::consumer::DependencyError;
use rdkafka::{TopicPartitionList, consumer::Consumer as _, metadata::MetadataTopic, types::RDKafkaErrorCode as Code};
use tokio::time::{Instant, sleep};

use super::Source;
use crate::{
    client::error::{passes_by_itself, unavailable},
    client::librdkafka_text::{offset_in_error, oversized_response},
    consume::consumer::{self, BEGINNING},
    consume::generation::AssignmentGeneration,
};

/// The partitions in error.
#[derive(Debug, Default)]
pub(super) struct Unreadable {
    /// An error of a partition that is not handled yet. Nothing is polled until it is handled.
    error: Option<BatchError>,
    /// Partitions that are paused because of an error.
    held: Vec<i32>,
    /// When they are tried again.
    retry_at: Option<Instant>,
    /// When metadata is requested, to see whether an error of the whole topic has ended.
    ask_at: Option<Instant>,
}

/// An unreadable batch at this offset. The client does not report its partition.
#[derive(Debug, Clone)]
struct BatchError {
    offset: i64,
    code: Code,
    text: String,
}

/// How long a partition in error is paused. The client itself would fetch a corrupt batch again at once, for ever.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// How often a member without partitions asks whether the topic can be read again. It cannot notice it otherwise.
const ASK_EVERY: Duration = Duration::from_secs(15);

/// The interval between two attempts to seek. The client rejects a seek while it looks up the committed offset.
const SEEK_AGAIN: Duration = Duration::from_millis(200);

impl Source {
    /// Processes an error of the client that is not fatal. An error that ends by itself is only counted. Any other
    /// error is a stall.
    pub(super) fn note_error(&mut self, code: Code) {
        metrics::counter!("tagmill_consumer_errors_total", "code" => format!("{code:?}")).increment(1);
        let text = self.context().watched().error_text();
        if passes_by_itself(code) {
            tracing::debug!(%code, "{text}");
            return;
        }
        let code = if oversized_response(&text).is_some() { Code::MessageSizeTooLarge } else { code };
        match offset_in_error(&text) {
            Some(offset) => self.unreadable.error = Some(BatchError { offset, code, text }),
            None => {
                self.unreadable.ask_at = Some(Instant::now() + ASK_EVERY);
                self.context().watched().failed(&[], code, &text);
            }
        }
    }

    /// Whether an error must be handled before anything else is read: the client skips a batch that is corrupt or in an
    /// unknown format.
    pub(super) fn has_unreadable_batch(&self) -> bool {
        self.unreadable.error.is_some()
    }

    /// Reports the partition of the error, seeks back to the batch and pauses the partition for a while.
    ///
    /// The client does not report which partition an error concerns. Every partition is set to its current position,
    /// which changes nothing for healthy partitions.
    pub(super) async fn go_back(&mut self) -> Result<(), DependencyError> {
        let Some(error) = self.unreadable.error.clone() else { return Ok(()) };
        self.forget_revoked();
        self.await_positions().await?;
        let positions = self.positions();
        let concerned = self.concerned(&positions, error.offset);
        self.context().watched().failed(&concerned, error.code, &error.text);
        self.seek(positions.clone()).await?;
        self.unreadable.held = if concerned.is_empty() { positions.into_keys().collect() } else { concerned };
        self.unreadable.retry_at = Some(Instant::now() + RETRY_AFTER);
        self.hold();
        self.unreadable.error = None;
        Ok(())
    }

    /// Waits until the position of every partition is known. The client may have passed the batch in a partition from
    /// which nothing has been read since its assignment. The position of such a partition is the committed offset.
    async fn await_positions(&mut self) -> Result<(), DependencyError> {
        if self.are_positions_known() {
            return Ok(());
        }
        if self.verification.is_asking() {
            let committed = self.verification.answer().await;
            self.take_committed(committed);
        }
        if self.are_positions_known() {
            return Ok(());
        }
        sleep(SEEK_AGAIN).await;
        Err(unavailable("a batch cannot be read, and the committed offsets from which to continue are not known yet"))
    }

    fn are_positions_known(&self) -> bool {
        self.positions().len() == self.context().owned().len()
    }

    /// Seeks to these offsets.
    pub(super) async fn seek(&self, offsets: BTreeMap<i32, i64>) -> Result<(), DependencyError> {
        let sought = consumer::seek(&self.consumer, &self.topic, &offsets).await;
        if sought.is_err() {
            sleep(SEEK_AGAIN).await; // `poll_while` calls again at once
        }
        sought
    }

    /// The position of each partition in its current generation. [`BEGINNING`] if nothing has been read or committed.
    fn positions(&self) -> BTreeMap<i32, i64> {
        let owned = self.context().owned();
        let position = |(partition, generation): (i32, AssignmentGeneration)| {
            let read =
                self.progress.next(partition, generation).or_else(|| self.verification.begin(partition, generation))?;
            Some((partition, read))
        };
        owned.into_iter().filter_map(position).collect()
    }

    /// The partitions that an error at this offset may concern: those whose position is this offset, or else those that
    /// are at their beginning, or else the one whose position is inside the batch.
    fn concerned(&self, positions: &BTreeMap<i32, i64>, offset: i64) -> Vec<i32> {
        let generations: BTreeMap<_, _> = self.context().owned().into_iter().collect();
        let ended = |partition: &i32| {
            generations.get(partition).is_some_and(|&generation| self.ends.is_at(*partition, generation, offset))
        };
        let exact: Vec<i32> =
            positions.iter().filter(|(_, position)| **position == offset).map(|(&it, _)| it).collect();
        let not_ended: Vec<i32> = exact.iter().copied().filter(|partition| !ended(partition)).collect();
        if !not_ended.is_empty() {
            return not_ended;
        }
        let at_beginning: Vec<i32> =
            positions.iter().filter(|(_, position)| **position == BEGINNING).map(|(&it, _)| it).collect();
        if exact.is_empty() && !at_beginning.is_empty() {
            return at_beginning;
        }
        let behind =
            positions.iter().filter(|(_, position)| **position > offset).min_by_key(|(_, position)| **position);
        if exact.is_empty() { behind.map(|(&partition, _)| partition).into_iter().collect() } else { exact }
    }

    /// When a partition or topic in error is tried again.
    pub(super) fn retry_at(&self) -> Option<Instant> {
        let ask_at = self.unreadable.ask_at.filter(|_| self.context().watched().has_topic_error());
        [self.unreadable.retry_at, ask_at, self.verification.ask_at()].into_iter().flatten().min()
    }

    /// Tries partitions and topics in error again when they are due.
    pub(super) async fn retry(&mut self) {
        if self.unreadable.retry_at.is_some_and(|at| at <= Instant::now()) {
            self.unreadable.retry_at = None;
            let held = std::mem::take(&mut self.unreadable.held);
            if !self.context().is_paused() {
                self.set_paused(&held, false);
            }
        }
        if self.unreadable.ask_at.is_some_and(|at| at <= Instant::now()) {
            self.unreadable.ask_at = Some(Instant::now() + ASK_EVERY);
            if self.context().owned().is_empty() && self.is_topic_readable().await {
                self.context().watched().topic_is_readable();
            }
        }
    }

    /// Pauses the partitions in error. Called after all partitions were resumed.
    pub(super) fn hold(&self) {
        self.set_paused(&self.unreadable.held, true);
    }

    fn set_paused(&self, partitions: &[i32], paused: bool) {
        let owned: Vec<i32> = self.context().owned().into_iter().map(|(partition, _)| partition).collect();
        let mut list = TopicPartitionList::new();
        for &partition in partitions.iter().filter(|partition| owned.contains(partition)) {
            list.add_partition(&self.topic, partition);
        }
        if list.count() > 0
            && let Err(error) = if paused { self.consumer.pause(&list) } else { self.consumer.resume(&list) }
        {
            tracing::warn!(%error, "cannot pause or resume partitions in error");
        }
    }

    async fn is_topic_readable(&self) -> bool {
        let (consumer, topic) = (self.consumer.clone(), self.topic.clone());
        let asking = tokio::task::spawn_blocking(move || {
            let metadata = consumer.fetch_metadata(Some(&topic), RETRY_AFTER).map_err(unavailable)?;
            let fine = |topic: &MetadataTopic| topic.error().is_none() && !topic.partitions().is_empty();
            Ok::<_, DependencyError>(metadata.topics().first().is_some_and(fine))
        });
        matches!(asking.await, Ok(Ok(true)))
    }
}
