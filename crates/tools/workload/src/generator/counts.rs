//! Counts of generated events.

use super::order::{Act, Order};

/// Number of generated events by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GeneratedCounts {
    /// Distinct orders whose final event is out.
    pub orders: u64,
    /// All records.
    pub events: u64,
    /// Lines of the orders, as they were first closed or cancelled.
    pub lines: u64,
    /// OPEN events that came in time.
    pub opened: u64,
    /// Orders cancelled instead of closed.
    pub cancelled: u64,
    /// Exact repeats.
    pub repeated: u64,
    /// OPEN events that came after the order's end.
    pub late: u64,
    /// Orders that lost a line after their end.
    pub changed: u64,
    /// Orders cancelled after they had been closed.
    pub withdrawn: u64,
    /// Messages about something other than an order.
    pub service: u64,
    /// Records without a value.
    pub tombstones: u64,
    /// Records that cannot be read.
    pub broken: u64,
    /// Orders repeated with another user.
    pub reassigned: u64,
}

impl GeneratedCounts {
    pub(super) fn count(&mut self, act: Act, order: &Order) {
        self.events += 1;
        match act {
            Act::Opened => self.opened += 1,
            Act::Ended { cancelled } => {
                self.orders += 1;
                self.lines += order.lines.len() as u64;
                self.cancelled += u64::from(cancelled);
            }
            Act::Repeated { .. } => self.repeated += 1,
            Act::Late => self.late += 1,
            Act::Changed { .. } => self.changed += 1,
            Act::Withdrawn { .. } => self.withdrawn += 1,
            Act::Service => self.service += 1,
            Act::Tombstone => self.tombstones += 1,
            Act::Broken => self.broken += 1,
            Act::Reassigned => self.reassigned += 1,
        }
    }
}
