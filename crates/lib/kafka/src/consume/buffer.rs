//! Buffer of received records that are not in a batch yet.

use std::{collections::VecDeque, mem};

use ::consumer::Record;

use crate::consume::generation::AssignmentGeneration;

/// The received records, with the limits of a batch.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    records: VecDeque<(AssignmentGeneration, Record)>,
    /// The memory that they take, in bytes.
    bytes: usize,
}

/// The memory of its records after which a batch takes no more, in bytes. A hundred records of 1 MB would exceed the
/// 128 MiB of a pod, where each is in memory several times, and the time limits of one transaction.
const BATCH_BYTES: usize = 1 << 20;

impl Buffer {
    pub(crate) fn push(&mut self, generation: AssignmentGeneration, record: Record) {
        self.bytes += record.bytes_in_memory();
        self.records.push_back((generation, record));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Whether the buffer contains records of this partition.
    pub(crate) fn holds(&self, partition: i32) -> bool {
        self.records.iter().any(|(_, record)| record.partition == partition)
    }

    /// Whether a batch of at most `limit` records is full.
    pub(crate) fn is_full(&self, limit: usize) -> bool {
        self.records.len() >= limit || self.bytes >= BATCH_BYTES
    }

    /// The next batch. It always contains the first record, regardless of its size. Otherwise a large record would block its
    /// partition.
    pub(crate) fn take(&mut self, limit: usize) -> Vec<(AssignmentGeneration, Record)> {
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while batch.len() < limit
            && bytes < BATCH_BYTES
            && let Some((generation, record)) = self.records.pop_front()
        {
            bytes += record.bytes_in_memory();
            batch.push((generation, record));
        }
        self.bytes -= bytes;
        batch
    }

    /// Drops the records of partitions that were revoked or have a new generation.
    pub(crate) fn retain(&mut self, is_ours: impl Fn(i32, AssignmentGeneration) -> bool) {
        for (generation, record) in mem::take(self).records {
            if is_ours(record.partition, generation) {
                self.push(generation, record);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GENERATION: AssignmentGeneration = AssignmentGeneration(1);

    /// One record of each size; the empty ones are in partition 1.
    fn holding(sizes: &[usize]) -> Buffer {
        let mut buffer = Buffer::default();
        for (offset, &bytes) in (0..).zip(sizes) {
            let (partition, value) = (i32::from(bytes == 0), Some(vec![0; bytes]));
            let topic = "orders".into();
            let headers = Vec::new();
            let record = Record { topic, partition, offset, timestamp: None, key: None, value, headers, unread: None };
            buffer.push(GENERATION, record);
        }
        buffer
    }

    fn sizes(mut buffer: Buffer, limit: usize) -> Vec<usize> {
        let batches = std::iter::from_fn(|| Some(buffer.take(limit).len()).filter(|&taken| taken > 0));
        batches.collect()
    }

    #[test]
    fn a_batch_is_bounded_by_records_and_by_bytes() {
        assert_eq!(sizes(holding(&[1; 5]), 2), [2, 2, 1]);
        assert_eq!(sizes(holding(&[BATCH_BYTES / 2; 5]), 100), [2, 2, 1]);
        assert_eq!(sizes(holding(&[2 * BATCH_BYTES; 2]), 100), [1, 1], "a record of any size is returned");
    }

    #[test]
    fn a_full_batch_is_recognized() {
        assert!(!holding(&[1; 5]).is_full(6));
        assert!(holding(&[1; 5]).is_full(5));
        assert!(holding(&[BATCH_BYTES]).is_full(100));
    }

    #[test]
    fn removed_records_are_not_counted() {
        let mut buffer = holding(&[BATCH_BYTES, 0]);
        buffer.retain(|partition, _| partition == 1);
        assert!(!buffer.is_full(2));
        let mut buffer = holding(&[BATCH_BYTES, 0]);
        buffer.take(1);
        assert!(!buffer.is_full(2));
    }
}
