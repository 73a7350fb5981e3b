//! The OffsetCommit request: sends the offsets of a consumer group to the broker.

use std::collections::BTreeMap;

use rdkafka::{
    Offset, TopicPartitionList,
    consumer::{CommitMode, Consumer, ConsumerContext},
};

/// Commits offsets of a topic, unless its partitions were lost. `metadata` identifies the topic. Does not wait for the
/// result.
pub(crate) fn commit_offsets<C: ConsumerContext>(
    consumer: &impl Consumer<C>,
    topic: &str,
    offsets: &BTreeMap<i32, i64>,
    metadata: &str,
) {
    if offsets.is_empty() || consumer.assignment_lost() {
        return;
    }
    let mut list = TopicPartitionList::with_capacity(offsets.len());
    let listed = offsets.iter().try_for_each(|(&partition, &offset)| {
        let mut listed = list.add_partition(topic, partition);
        listed.set_metadata(metadata);
        listed.set_offset(Offset::Offset(offset))
    });
    if let Err(error) = listed.and_then(|()| consumer.commit(&list, CommitMode::Async)) {
        tracing::warn!(%error, "offsets were not committed; their records will be read again");
    }
}
