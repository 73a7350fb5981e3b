//! Cache of names that were read recently: the same few restaurants are in every batch.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

/// How long a cached name is used. With a longer time, renaming in Redis takes longer to reach an order. With a shorter
/// one, menus of many kilobytes are read again with every batch. A missing name is not cached, because an order waits
/// for it.
pub const STALE_AFTER: Duration = Duration::from_secs(5);

/// The approximate size of an entry beside its value: map slots, allocations, counters.
const OVERHEAD: usize = 256;

/// Values of one kind by id, with a limit in bytes.
#[derive(Debug)]
pub(crate) struct Cache<T> {
    entries: HashMap<String, Entry<T>>,
    bytes: usize,
    capacity: usize,
}

#[derive(Debug)]
struct Entry<T> {
    value: Arc<T>,
    read_at: Instant,
    cost: usize,
}

impl<T> Cache<T> {
    /// A cache for values of about `capacity` bytes in memory.
    pub(crate) fn new(capacity: usize) -> Self {
        Self { entries: HashMap::new(), bytes: 0, capacity }
    }

    /// The fresh value, and how long ago it was read.
    pub(crate) fn get(&self, id: &str, now: Instant) -> Option<(Arc<T>, Duration)> {
        let entry = self.entries.get(id)?;
        let age = now.saturating_duration_since(entry.read_at);
        (age < STALE_AFTER).then(|| (Arc::clone(&entry.value), age))
    }

    /// Stores a value that takes `bytes` bytes. A full cache is emptied. After [`STALE_AFTER`] its values are
    /// stale anyway, so evicting in order is not worth it.
    pub(crate) fn put(&mut self, id: &str, value: Arc<T>, bytes: usize, read_at: Instant) {
        let cost = id.len() + bytes + OVERHEAD;
        if self.bytes + cost > self.capacity {
            self.entries.clear();
            self.bytes = 0;
        }
        if cost <= self.capacity {
            let replaced = self.entries.insert(id.to_owned(), Entry { value, read_at, cost });
            self.bytes = self.bytes + cost - replaced.map_or(0, |entry| entry.cost);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::Arc,
        time::{Duration, Instant},
    };

    use super::{Cache, OVERHEAD, STALE_AFTER};

    #[test]
    fn a_cached_name_expires() {
        let mut cache = Cache::new(10_000);
        let read_at = Instant::now();
        cache.put("u", Arc::new(1), 10, read_at);
        let age = STALE_AFTER - Duration::from_nanos(1);
        assert_eq!(cache.get("u", read_at + age), Some((Arc::new(1), age)));
        assert_eq!(cache.get("u", read_at + STALE_AFTER), None);
        assert_eq!(cache.get("v", read_at), None);
    }

    #[test]
    fn the_cache_does_not_exceed_its_capacity() {
        let mut cache = Cache::new(10 * (OVERHEAD + 100));
        let now = Instant::now();
        for number in 0..1000_u32 {
            cache.put(&format!("{number:05}"), Arc::new(number), 95, now);
            assert!(cache.entries.len() <= 10);
            let known = Some((Arc::new(number), Duration::ZERO));
            assert_eq!(cache.get(&format!("{number:05}"), now), known);
        }
        cache.put("too large", Arc::new(0), 10_000, now);
        assert_eq!(cache.get("too large", now), None);
    }
}
