//! Control of the order system by faults: its producer, and a pause while its topic changes.

use std::sync::atomic::{AtomicI32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;
use tokio::sync::MutexGuard;

/// The first number of made-up orders. Those of the generator begin at nine million.
const FIRST_INVENTED: u64 = 8_000_000;

/// How events are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// One by one, uncompressed.
    Plain,
    /// In batches compressed with zstd.
    Zstd,
    /// In transactions.
    Transactions,
}

/// Shared by the faults, which set it, and the stream of orders, which follows it.
pub(crate) struct OrderSystem {
    way: Mutex<Way>,
    /// Events written in each way.
    written: [AtomicU64; 3],
    partitions: AtomicI32,
    writing: tokio::sync::Mutex<()>,
    waiting: AtomicUsize,
    needed: AtomicUsize,
    invented: AtomicU64,
}

/// A guard of a fault that needs orders.
pub(crate) struct Need<'a>(&'a AtomicUsize);

impl Drop for Need<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl OrderSystem {
    /// Writes plainly to `partitions` partitions.
    pub(crate) fn new(partitions: i32) -> Self {
        Self {
            way: Mutex::new(Way::Plain),
            written: Default::default(),
            partitions: AtomicI32::new(partitions),
            writing: tokio::sync::Mutex::default(),
            waiting: AtomicUsize::new(0),
            needed: AtomicUsize::new(0),
            invented: AtomicU64::new(0),
        }
    }

    /// How events are to be written.
    pub(crate) fn way(&self) -> Way {
        *self.way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes how events are written, from the next event on.
    pub(crate) fn set_way(&self, way: Way) {
        *self.way.lock().unwrap_or_else(PoisonError::into_inner) = way;
    }

    /// Counts events that the broker has acknowledged.
    pub(crate) fn count(&self, way: Way, events: u64) {
        self.written[way as usize].fetch_add(events, Ordering::Relaxed);
    }

    /// Number of events written in this way so far.
    pub(crate) fn written(&self, way: Way) -> u64 {
        self.written[way as usize].load(Ordering::Relaxed)
    }

    /// The partitions of its topic.
    pub(crate) fn partitions(&self) -> i32 {
        self.partitions.load(Ordering::Relaxed)
    }

    /// Records a new number of partitions. The stream must be paused, because its producer does not know them.
    pub(crate) fn set_partitions(&self, partitions: i32) {
        self.partitions.store(partitions, Ordering::Relaxed);
    }

    /// Returns when the broker has acknowledged every event and the stream is paused. When the guard is dropped, the
    /// stream continues with a new producer.
    pub(crate) async fn pause(&self) -> MutexGuard<'_, ()> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let guard = self.writing.lock().await;
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        guard
    }

    /// The stream's part of [`Self::pause`]: it holds this guard while events are outstanding.
    pub(crate) async fn turn(&self) -> MutexGuard<'_, ()> {
        self.writing.lock().await
    }

    /// Whether a pause is requested.
    pub(crate) fn must_pause(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0
    }

    /// Continues the stream of orders until the returned guard is dropped, even beyond the end of the round.
    pub(crate) fn need(&self) -> Need<'_> {
        self.needed.fetch_add(1, Ordering::Relaxed);
        Need(&self.needed)
    }

    /// Whether a fault needs orders.
    pub(crate) fn is_needed(&self) -> bool {
        self.needed.load(Ordering::Relaxed) > 0
    }

    /// A made-up order: a copy of this one with a new number. `None` if this is not an order.
    pub(crate) fn invent(&self, like: &[u8]) -> Option<Vec<u8>> {
        renumber(like, FIRST_INVENTED + self.invented.fetch_add(1, Ordering::Relaxed))
    }
}

/// The same order with another number; `None` if it is not an order.
fn renumber(value: &[u8], number: u64) -> Option<Vec<u8>> {
    let mut message: Value = serde_json::from_slice(value).ok()?;
    if message["object_type"] != "order" || !message["payload"].is_object() {
        return None;
    }
    message["object_id"] = number.into();
    serde_json::to_vec(&message).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_orders_are_renumbered() {
        let order = br#"{"object_id":1,"object_type":"order","payload":{}}"#;
        let renumbered: Value = serde_json::from_slice(&renumber(order, 7).unwrap_or_default()).unwrap_or_default();
        assert_eq!(renumbered["object_id"], 7);
        assert_eq!(renumber(br#"{"object_id":1,"object_type":"courier_shift","payload":{}}"#, 7), None);
        assert_eq!(renumber(b"[]", 7), None);
        assert_eq!(renumber(b"{", 7), None);
    }

    #[tokio::test]
    async fn a_pause_waits_for_the_stream() {
        let system = OrderSystem::new(4);
        let turn = system.turn().await;
        let pause = system.pause();
        tokio::pin!(pause);
        assert!(futures_util::poll!(&mut pause).is_pending());
        assert!(system.must_pause());
        drop(turn);
        drop(pause.await);
        assert!(!system.must_pause());
    }
}
