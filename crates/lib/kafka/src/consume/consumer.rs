//! The client behind the source: how it is configured, how it is asked, how it leaves.

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

/// The offset that stands for the first record of a partition, whatever its number: Kafka's `OffsetBeginning`.
pub(crate) const BEGINNING: i64 = -2;

/// How long the broker may take to say where a partition ends.
const METADATA_TIMEOUT: Duration = Duration::from_secs(5);

/// A consumer that has asked to join its group.
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
        // A rebalance takes away only what moves; the other partitions are read on.
        .set("partition.assignment.strategy", "cooperative-sticky")
        // The default, latest, would skip what was published before the first start.
        .set("auto.offset.reset", "earliest")
        // Offsets are committed by us, after the transaction and the acknowledgements, or not at all.
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("enable.partition.eof", "true")
        // What is read ahead is bounded, the default of 64 MiB would take half a pod; and because the bound is low,
        // fetching goes on soon after it was reached.
        .set("queued.max.messages.kbytes", "4096")
        .set("queued.min.messages", "2000")
        // What is fetched is compressed, and all of an answer is in memory at once when it is not: of orders, which
        // shrink to a tenth, a megabyte from each of a dozen partitions would take a pod. A larger record comes alone.
        .set("fetch.message.max.bytes", "131072")
        .set("fetch.max.bytes", "1048576")
        .set("fetch.queue.backoff.ms", "20")
        // A batch that the broker's disk has corrupted must not become orders. The check is as fast as memory.
        .set("check.crcs", "true")
        .set("debug", TOPIC_ID_DEBUG)
        .set_log_level(RDKafkaLogLevel::Debug)
        .set("statistics.interval.ms", "5000");
    let partitions = Partitions::new(&settings.source_topic, Arc::clone(&loop_health), identity);
    let consumer: Consumer = config.create_with_context(GroupContext::new(loop_health, partitions))?;
    consumer.subscribe(&[&settings.source_topic])?;
    Ok(Arc::new(consumer))
}

/// Pauses every partition. What was read ahead, and is not in our hands yet, is dropped and read again on
/// [`resume`].
pub(crate) fn pause(consumer: &Consumer) {
    consumer.context().set_paused(true);
    if let Err(error) = consumer.assignment().and_then(|assignment| consumer.pause(&assignment)) {
        tracing::warn!(%error, "cannot pause");
    }
}

/// Reads on, where reading was paused.
pub(crate) fn resume(consumer: &Consumer) {
    if !consumer.context().is_paused() {
        return;
    }
    consumer.context().set_paused(false);
    if let Err(error) = consumer.assignment().and_then(|assignment| consumer.resume(&assignment)) {
        tracing::warn!(%error, "cannot resume");
    }
}

/// Where partitions begin and end now. librdkafka waits for the answer in the calling thread, so the question is put
/// from one that may wait.
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

/// Leaves the group, so that others get the partitions at once. That takes a conversation with the brokers and holds up
/// the thread it is led from; a thread of its own, because a runtime waits for its blocking tasks when it ends. It is not
/// waited for longer than `limit`: the group notices by itself after the session timeout.
pub(crate) async fn leave(consumer: Arc<Consumer>, limit: Duration) {
    let (left, leaving) = oneshot::channel();
    let farewell = move || {
        drop(consumer);
        let _ = left.send(());
    };
    match thread::Builder::new().name("leave-group".to_owned()).spawn(farewell) {
        Ok(_) if timeout(limit, leaving).await.is_ok() => {}
        Ok(_) => tracing::warn!("the group was not left in time; it will notice after the session timeout"),
        Err(error) => tracing::warn!(%error, "no thread to leave the group from"),
    }
}
