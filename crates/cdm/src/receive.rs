//! A record of `dds-service-orders` becomes counters.

use orders::{Counters, Unusable, counters};
use pipeline::{Outcome, Record, Rejection};

/// Reads a record, or says what becomes of it.
pub(crate) fn receive(record: &Record) -> Result<Counters, Outcome> {
    counters::read(record.value.as_deref(), record.written_at()).map_err(|unusable| match unusable {
        Unusable::Ignored(kind) => Outcome::Skipped(kind),
        Unusable::Malformed(malformed) => Outcome::DeadLetter(Rejection::new(malformed.reason, malformed.error)),
    })
}
