//! Reader of a whole topic, from the first record of each partition to its current end, for operators' commands.

use std::{
    collections::VecDeque,
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use ::consumer::Record;
use rdkafka::{
    ClientContext, Message, Offset, TopicPartitionList,
    config::RDKafkaLogLevel,
    consumer::{Consumer, ConsumerContext, StreamConsumer},
    error::KafkaError,
    types::RDKafkaErrorCode as Code,
};
use tokio::time::{Instant, timeout_at};

use crate::{
    Error, Settings, Topics,
    client::diagnostics,
    client::error::{is_auth_error, passes_by_itself, unavailable},
    client::librdkafka_text::too_large,
    consume::record,
};

/// Reads one partition after the other, so that reading twice returns the same order. Records that arrive after
/// [`Reader::open`] are not read: a command that writes to the same topic still ends.
pub struct Reader {
    consumer: Arc<StreamConsumer<LastError>>,
    topic: Arc<str>,
    /// The ranges to read. The first one is being read.
    ranges: VecDeque<OffsetRange>,
}

/// The offsets of a partition that are still to be read.
struct OffsetRange {
    partition: i32,
    next: i64,
    end: i64,
}

/// Keeps the text of the last error. rdkafka reports it separately from the code.
#[derive(Default)]
struct LastError(Mutex<String>);

impl ConsumerContext for LastError {}

impl ClientContext for LastError {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        diagnostics::log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        diagnostics::note(&error, reason);
        reason.clone_into(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl LastError {
    fn text(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Timeout of a request for the watermarks of a partition.
const METADATA_TIMEOUT: Duration = Duration::from_secs(5);

/// Timeout of an existing record. A leader that moves to another broker takes a few seconds.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

impl Reader {
    /// Opens a topic: looks up the offsets to read.
    ///
    /// # Errors
    /// [`Error::NoTopic`] if the topic does not exist. Any other error if the brokers do not answer or reject the
    /// client.
    pub async fn open(settings: &Settings, topic: &str) -> Result<Self, Error> {
        let partitions = Topics::connect(settings)?.partitions(topic).await?;
        let mut reader = Self::idle(settings, topic)?;
        reader.ranges = reader.ranges(0..i32::try_from(partitions).unwrap_or(i32::MAX)).await?;
        reader.begin()?;
        Ok(reader)
    }

    /// The record at these coordinates. `None` if the topic no longer has it.
    ///
    /// # Errors
    /// As [`Reader::open`].
    pub async fn find(settings: &Settings, topic: &str, partition: i32, offset: i64) -> Result<Option<Record>, Error> {
        let partitions = Topics::connect(settings)?.partitions(topic).await?;
        if !usize::try_from(partition).is_ok_and(|partition| partition < partitions) {
            return Ok(None);
        }
        let mut reader = Self::idle(settings, topic)?;
        reader.ranges = reader.ranges(partition..partition.saturating_add(1)).await?;
        reader.ranges.retain_mut(|range| {
            let is_there = (range.next..range.end).contains(&offset);
            (range.next, range.end) = (offset, offset.saturating_add(1));
            is_there
        });
        reader.begin()?;
        reader.next().await
    }

    /// A reader without ranges.
    fn idle(settings: &Settings, topic: &str) -> Result<Self, Error> {
        let mut config = settings.client();
        // The client requires a group. It never joins it and commits nothing, so the running service is not affected.
        // Another group name might be forbidden by access rules.
        config
            .set("group.id", &settings.group_id)
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "earliest")
            .set("enable.partition.eof", "true")
            // A command runs beside the service in the same memory. The default reads 64 MiB ahead.
            .set("receive.message.max.bytes", settings.receive_bytes().to_string())
            .set("queued.max.messages.kbytes", "1024")
            .set("queued.min.messages", "100")
            .set("fetch.max.bytes", "1048576")
            .set("fetch.message.max.bytes", "131072")
            .set("fetch.queue.backoff.ms", "20")
            .set("check.crcs", "true");
        let consumer = Arc::new(config.create_with_context(LastError::default())?);
        Ok(Self { consumer, topic: topic.into(), ranges: VecDeque::new() })
    }

    /// The next record. `None` after the last.
    ///
    /// # Errors
    /// The brokers no longer answer.
    pub async fn next(&mut self) -> Result<Option<Record>, Error> {
        let deadline = Instant::now() + READ_TIMEOUT;
        while let Some(range) = self.ranges.front_mut() {
            if range.next >= range.end {
                self.ranges.pop_front();
                self.begin()?;
                continue;
            }
            match timeout_at(deadline, self.consumer.recv()).await {
                Err(_) => return Err(unavailable("an existing record was not delivered in time").into()),
                Ok(Ok(message)) if message.partition() == range.partition => {
                    range.next = message.offset() + 1;
                    if message.offset() < range.end {
                        return Ok(Some(record::owned(&self.topic, &message, |_| true)));
                    }
                }
                // Offsets are also taken by transaction markers, which no consumer sees.
                Ok(Err(KafkaError::PartitionEOF(partition))) if partition == range.partition => {
                    range.next = range.end;
                }
                Ok(Err(KafkaError::MessageConsumption(Code::MessageSizeTooLarge))) => {
                    if let Some(refused) = too_large(&self.consumer.context().text()) {
                        tracing::warn!(topic = %self.topic, ?refused, "records that would take too much memory are skipped; see MEMORY_LIMIT");
                        range.next = range.next.max(refused.last.saturating_add(1));
                    }
                }
                Ok(Err(error)) if error.rdkafka_error_code().is_some_and(is_auth_error) => return Err(error.into()),
                Ok(Err(error)) if !error.rdkafka_error_code().is_none_or(passes_by_itself) => {
                    let partition = format!("{}/{}", self.topic, range.partition);
                    return Err(Error::Unreadable { partition, error: self.consumer.context().text() });
                }
                Ok(_) => {} // of the previous partition, or retried inside the client
            }
        }
        Ok(None)
    }

    /// The watermarks of partitions. librdkafka blocks the calling thread until the answer.
    async fn ranges(&self, partitions: Range<i32>) -> Result<VecDeque<OffsetRange>, Error> {
        let (consumer, topic) = (Arc::clone(&self.consumer), Arc::clone(&self.topic));
        let ask = move |partition| {
            let (next, end) = consumer.fetch_watermarks(&topic, partition, METADATA_TIMEOUT)?;
            Ok(OffsetRange { partition, next, end })
        };
        let asking = tokio::task::spawn_blocking(move || partitions.map(ask).collect());
        asking.await.map_err(unavailable)?
    }

    /// Assigns the first range only.
    fn begin(&self) -> Result<(), Error> {
        let mut list = TopicPartitionList::new();
        if let Some(range) = self.ranges.front().filter(|range| range.next < range.end) {
            list.add_partition_offset(&self.topic, range.partition, Offset::Offset(range.next))?;
        }
        Ok(self.consumer.assign(&list)?)
    }
}
