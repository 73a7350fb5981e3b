//! The rdkafka consumer: its configuration, watermarks, commits, pausing, seeking and leaving.

use std::{collections::BTreeMap, sync::Arc, thread, time::Duration};

use ::consumer::{DependencyError, LoopHealth};
use rdkafka::{
    Offset, TopicPartitionList,
    config::RDKafkaLogLevel,
    consumer::{Consumer as ConsumerApi, StreamConsumer},
    error::KafkaError,
    topic_partition_list::TopicPartitionListElem,
};
use tokio::{sync::oneshot, time::timeout};

use crate::{
    Error, Settings, Watermarks, admin::topic_identity::TopicIdentity, client::error::unavailable,
    client::librdkafka_text::TOPIC_ID_DEBUG, consume::context::GroupContext, consume::generation::AssignmentGeneration,
    consume::partitions::Partitions,
};

pub(crate) type Consumer = StreamConsumer<GroupContext>;

/// The offset that stands for the first record of a partition: Kafka's `OffsetBeginning`.
pub(crate) const BEGINNING: i64 = -2;

/// Timeout of a request for the watermarks of a partition.
const METADATA_TIMEOUT: Duration = Duration::from_secs(5);

/// Creates a consumer that has asked to join its group.
pub(crate) fn open(
    settings: &Settings,
    loop_health: Arc<LoopHealth>,
    identity: Arc<TopicIdentity>,
) -> Result<Arc<Consumer>, Error> {
    let milliseconds = |duration: Duration| duration.as_millis().to_string();
    let mut config = settings.client();
    config
        .set("group.id", &settings.group_id)
        .set("session.timeout.ms", milliseconds(settings.session_timeout))
        .set("heartbeat.interval.ms", milliseconds(settings.session_timeout / 4))
        .set("max.poll.interval.ms", milliseconds(settings.max_poll_interval))
        // A rebalance revokes only the partitions that move. The others are read without interruption.
        .set("partition.assignment.strategy", "cooperative-sticky")
        // The default, latest, would skip what was published before the first start.
        .set("auto.offset.reset", "earliest")
        // The loop commits offsets itself, after the transaction and the acknowledgements.
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("enable.partition.eof", "true")
        // A batch that would take more memory is refused before it is decompressed (`native/fetch_limits.h`).
        .set("receive.message.max.bytes", settings.receive_bytes().to_string())
        // Prefetched records are bounded: the default of 64 MiB would take half of a pod's memory. As the limit is low,
        // fetching resumes soon after it was reached. A record counts with its headers and with the kilobyte that it
        // costs in the queue.
        .set("queued.max.messages.kbytes", "8192")
        .set("queued.min.messages", "2000")
        // The limits apply to compressed data, and a whole answer is decompressed in memory at once. Orders compress to
        // a tenth, so a megabyte from each of a dozen partitions would exceed a pod's memory. A larger record is
        // fetched alone.
        .set("fetch.message.max.bytes", "131072")
        .set("fetch.max.bytes", "1048576")
        .set("fetch.queue.backoff.ms", "20")
        // A batch that is corrupt on the broker's disk must not become orders. The check is as fast as memory.
        .set("check.crcs", "true")
        .set("debug", TOPIC_ID_DEBUG)
        .set_log_level(RDKafkaLogLevel::Debug)
        .set("statistics.interval.ms", "5000");
    let partitions = Partitions::new(&settings.source_topic, Arc::clone(&loop_health), identity);
    let consumer: Consumer = config.create_with_context(GroupContext::new(loop_health, partitions))?;
    consumer.subscribe(&[&settings.source_topic])?;
    Ok(Arc::new(consumer))
}

/// Pauses every partition. Prefetched records that were not received yet are dropped, and read again after [`resume`].
pub(crate) fn pause(consumer: &Consumer) {
    consumer.context().set_paused(true);
    if let Err(error) = consumer.assignment().and_then(|assignment| consumer.pause(&assignment)) {
        tracing::warn!(%error, "cannot pause partitions");
    }
}

/// Resumes every paused partition.
pub(crate) fn resume(consumer: &Consumer) {
    if !consumer.context().is_paused() {
        return;
    }
    consumer.context().set_paused(false);
    if let Err(error) = consumer.assignment().and_then(|assignment| consumer.resume(&assignment)) {
        tracing::warn!(%error, "cannot resume partitions");
    }
}

/// The current watermarks of partitions. librdkafka blocks the calling thread until the answer, so the request runs in
/// a blocking task.
pub(crate) async fn watermarks(
    consumer: &Arc<Consumer>,
    topic: &Arc<str>,
    partitions: Vec<(i32, AssignmentGeneration)>,
) -> Result<Vec<(i32, AssignmentGeneration, Watermarks)>, DependencyError> {
    let (consumer, topic) = (Arc::clone(consumer), Arc::clone(topic));
    let ask = move |(partition, generation)| {
        let (low, high) = consumer.fetch_watermarks(&topic, partition, METADATA_TIMEOUT).map_err(unavailable)?;
        Ok((partition, generation, Watermarks { low, high }))
    };
    let asking = tokio::task::spawn_blocking(move || partitions.into_iter().map(ask).collect());
    asking.await.map_err(unavailable)?
}

/// The committed offsets of partitions, each with its metadata.
pub(crate) fn committed(
    consumer: &Consumer,
    topic: &str,
    partitions: &[i32],
) -> Result<Vec<(i32, Option<i64>, String)>, KafkaError> {
    let mut list = TopicPartitionList::with_capacity(partitions.len());
    for &partition in partitions {
        list.add_partition(topic, partition);
    }
    let committed = consumer.committed_offsets(list, METADATA_TIMEOUT)?;
    let read = |partition: &TopicPartitionListElem<'_>| {
        partition.error()?;
        let offset = partition.offset().to_raw().filter(|&offset| offset >= 0);
        Ok((partition.partition(), offset, partition.metadata().to_owned()))
    };
    committed.elements().iter().map(read).collect()
}

/// Seeks partitions to these offsets. Prefetched records and pending errors are dropped.
pub(crate) async fn seek(
    consumer: &Arc<Consumer>,
    topic: &Arc<str>,
    offsets: &BTreeMap<i32, i64>,
) -> Result<(), DependencyError> {
    let mut list = TopicPartitionList::with_capacity(offsets.len());
    for (&partition, &offset) in offsets {
        list.add_partition_offset(topic, partition, Offset::from_raw(offset)).map_err(unavailable)?;
    }
    let consumer = Arc::clone(consumer);
    let seeking = tokio::task::spawn_blocking(move || consumer.seek_partitions(list, METADATA_TIMEOUT));
    let sought = seeking.await.map_err(unavailable)?.map_err(unavailable)?;
    sought.elements().iter().try_for_each(|partition| partition.error().map_err(unavailable))
}

/// Leaves the group, so that others get the partitions at once. This talks to the brokers and blocks its thread. It
/// runs in a thread of its own, because a runtime waits for its blocking tasks when it ends. After `limit` this
/// function returns without it, and the group notices the absence after the session timeout.
pub(crate) async fn leave(consumer: Arc<Consumer>, limit: Duration) {
    let (left, leaving) = oneshot::channel();
    let farewell = move || {
        drop(consumer);
        let _ = left.send(());
    };
    match thread::Builder::new().name("leave-group".to_owned()).spawn(farewell) {
        Ok(_) if timeout(limit, leaving).await.is_ok() => {}
        Ok(_) => tracing::warn!(
            "the consumer did not leave its group in time; the group will notice after the session timeout"
        ),
        Err(error) => tracing::warn!(%error, "cannot start the thread that leaves the group"),
    }
}
