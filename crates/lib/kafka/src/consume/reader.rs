//! A topic read once, from its first record to the end it has now, by a person's command.

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
};
use tokio::time::{Instant, timeout_at};

use crate::{
    Error, Settings, Topics,
    client::diagnostics,
    client::error::{is_auth_error, passes_by_itself, unavailable},
    consume::record,
};

/// Reads partition by partition, so that two readings of the same records tell them in the same order. Records that come
/// after [`Reader::open`] are left for another time: a command that makes new ones ends all the same.
pub struct Reader {
    consumer: Arc<StreamConsumer<LastError>>,
    topic: Arc<str>,
    /// What is still to be read; the first is being read.
    ranges: VecDeque<OffsetRange>,
}

/// The records of a partition that are still to be read.
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

/// How long the broker may take to say where a partition ends.
const METADATA_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a record that is there may take to come. A leader that moves to another broker needs a few seconds.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

impl Reader {
    /// Finds out what there is to be read.
    ///
    /// # Errors
    /// [`Error::NoTopic`] when there is no such topic; otherwise when the brokers do not answer or do not let us.
    pub async fn open(settings: &Settings, topic: &str) -> Result<Self, Error> {
        let partitions = Topics::connect(settings)?.partitions(topic).await?;
        let mut reader = Self::idle(settings, topic)?;
        reader.ranges = reader.ranges(0..i32::try_from(partitions).unwrap_or(i32::MAX)).await?;
        reader.begin()?;
        Ok(reader)
    }

    /// The record at these coordinates; `None` if the topic no longer has it.
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

    /// A reader with nothing to read yet.
    fn idle(settings: &Settings, topic: &str) -> Result<Self, Error> {
        let mut config = settings.client();
        // The client insists on a group. It never joins it and commits nothing, so the service that is at work in it
        // does not notice; any other one, access rules might not let us name.
        config
            .set("group.id", &settings.group_id)
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "earliest")
            .set("enable.partition.eof", "true")
            .set("check.crcs", "true");
        let consumer = Arc::new(config.create_with_context(LastError::default())?);
        Ok(Self { consumer, topic: topic.into(), ranges: VecDeque::new() })
    }

    /// The next record; `None` after the last.
    ///
    /// # Errors
    /// When the brokers do not answer any more.
    pub async fn next(&mut self) -> Result<Option<Record>, Error> {
        let patience = Instant::now() + READ_TIMEOUT;
        while let Some(range) = self.ranges.front_mut() {
            if range.next >= range.end {
                self.ranges.pop_front();
                self.begin()?;
                continue;
            }
            match timeout_at(patience, self.consumer.recv()).await {
                Err(_) => return Err(unavailable("a record that should be there does not come").into()),
                Ok(Ok(message)) if message.partition() == range.partition => {
                    range.next = message.offset() + 1;
                    if message.offset() < range.end {
                        return Ok(Some(record::owned(&self.topic, &message)));
                    }
                }
                // What no reader sees takes offsets, too: a transaction's end.
                Ok(Err(KafkaError::PartitionEOF(partition))) if partition == range.partition => {
                    range.next = range.end;
                }
                Ok(Err(error)) if error.rdkafka_error_code().is_some_and(is_auth_error) => return Err(error.into()),
                Ok(Err(error)) if !error.rdkafka_error_code().is_none_or(passes_by_itself) => {
                    let partition = format!("{}/{}", self.topic, range.partition);
                    return Err(Error::Unreadable { partition, error: self.consumer.context().text() });
                }
                Ok(_) => {} // of the partition before, or retried inside the client
            }
        }
        Ok(None)
    }

    /// Where partitions begin and end now. librdkafka waits for the answer in the calling thread.
    async fn ranges(&self, partitions: Range<i32>) -> Result<VecDeque<OffsetRange>, Error> {
        let (consumer, topic) = (Arc::clone(&self.consumer), Arc::clone(&self.topic));
        let ask = move |partition| {
            let (next, end) = consumer.fetch_watermarks(&topic, partition, METADATA_TIMEOUT)?;
            Ok(OffsetRange { partition, next, end })
        };
        let asking = tokio::task::spawn_blocking(move || partitions.map(ask).collect());
        asking.await.map_err(unavailable)?
    }

    /// Asks for the first of the ranges, and nothing else.
    fn begin(&self) -> Result<(), Error> {
        let mut list = TopicPartitionList::new();
        if let Some(range) = self.ranges.front().filter(|range| range.next < range.end) {
            list.add_partition_offset(&self.topic, range.partition, Offset::Offset(range.next))?;
        }
        Ok(self.consumer.assign(&list)?)
    }
}
