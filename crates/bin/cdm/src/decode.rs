//! A record of `dds-service-orders` becomes counters.

use consumer::{Outcome, Record, Rejection};
use orders::{Counters, Unusable, counters};

/// Reads a record, or says what becomes of it.
pub(crate) fn decode(record: &Record) -> Result<Counters, Outcome> {
    counters::read(record.value.as_deref(), record.written_at()).map_err(|unusable| match unusable {
        Unusable::Ignored(kind) => Outcome::Skipped(kind),
        Unusable::Malformed(malformed) => Outcome::DeadLetter(Rejection::new(malformed.reason, malformed.error)),
    })
}
