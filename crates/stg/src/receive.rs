//! A record of `order-service_orders` becomes an event.

use orders::{Event, Unusable, event};
use pipeline::{Outcome, Record, Rejection};

/// Reads a record, or says what becomes of it.
pub(crate) fn receive(record: &Record) -> Result<Event, Outcome> {
    event::read(record.value.as_deref(), record.written_at()).map_err(|unusable| match unusable {
        Unusable::Foreign(kind) => Outcome::Skipped(kind),
        Unusable::Malformed(malformed) => Outcome::DeadLetter(Rejection::new(malformed.reason, malformed.error)),
    })
}
