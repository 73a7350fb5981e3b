//! `stg.order_events` in memory: what the SQL does with the changes of a batch, and nothing more.

use std::collections::HashMap;

use orders::{Event, UtcMicros};
use reference::Lookup;
use stg::transform::{Changes, Held, transform};

/// What is held of each order.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) held: HashMap<i64, Held>,
}

impl Table {
    /// The changes of a batch, on the rows that the service would lock.
    pub(crate) fn transform(&self, batch: &[Event], lookup: &Lookup, now: UtcMicros, limit: usize) -> Changes {
        let locked = batch.iter().filter_map(|event| self.held.get_key_value(&event.object_id));
        let locked = locked.map(|(order, held)| (*order, held.clone())).collect();
        transform(&locked, batch, lookup, now, limit).unwrap()
    }

    /// Transforms a batch, and writes what comes of it.
    pub(crate) fn store(&mut self, batch: &[Event], lookup: &Lookup, now: UtcMicros) -> Changes {
        let changes = self.transform(batch, lookup, now, usize::MAX);
        for (order, row) in &changes.new {
            assert_eq!(self.held.insert(*order, row.held.clone()), None, "a new row was there");
        }
        for (order, row) in &changes.changed {
            assert!(self.held.insert(*order, row.held.clone()).is_some(), "a changed row was not there");
        }
        changes
    }
}
