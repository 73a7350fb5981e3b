//! An in-memory model of `stg.order_events` and of the SQL that writes it.

use std::collections::HashMap;

use orders::{Event, UtcMicros};
use reference::Lookup;
use stg::transform::{Changes, StoredOrder, transform};

/// The stored state of each order.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) stored_order: HashMap<i64, StoredOrder>,
}

impl Table {
    /// Computes the changes of a batch from the rows that the service would lock.
    pub(crate) fn transform(&self, batch: &[Event], lookup: &Lookup, now: UtcMicros, limit: usize) -> Changes {
        let locked = batch.iter().filter_map(|event| self.stored_order.get_key_value(&event.object_id));
        let locked = locked.map(|(order, stored_order)| (*order, stored_order.clone())).collect();
        transform(&locked, batch, lookup, now, limit).unwrap()
    }

    /// Transforms a batch and stores the result.
    pub(crate) fn store(&mut self, batch: &[Event], lookup: &Lookup, now: UtcMicros) -> Changes {
        let changes = self.transform(batch, lookup, now, usize::MAX);
        for (order, row) in &changes.new {
            assert_eq!(self.stored_order.insert(*order, row.stored_order.clone()), None, "a new row was there");
        }
        for (order, row) in &changes.changed {
            assert!(
                self.stored_order.insert(*order, row.stored_order.clone()).is_some(),
                "a changed row was not there"
            );
        }
        changes
    }
}
