//! Decoding of records of `dds-service-orders` into counters.

use consumer::{Outcome, Record, Rejection};
use orders::{Counters, Unusable, counters};

/// Decodes a record, or returns its outcome.
pub(crate) fn decode(record: &Record) -> Result<Counters, Outcome> {
    counters::read(record.value.as_deref(), record.written_at()).map_err(|unusable| match unusable {
        Unusable::Ignored(kind) => Outcome::Skipped(kind),
        Unusable::Malformed(malformed) => Outcome::DeadLetter(Rejection::new(malformed.reason, malformed.error)),
    })
}
