//! Decoding of records of `stg-service-orders` into enriched orders.

use consumer::{Outcome, Record, Rejection};
use orders::{Enriched, Unusable, enriched};

use crate::transform::lines;

/// Decodes a record, or returns its outcome.
pub(crate) fn decode(record: &Record) -> Result<Enriched, Outcome> {
    let order = enriched::read(record.value.as_deref(), record.written_at()).map_err(|unusable| match unusable {
        Unusable::Ignored(kind) => Outcome::Skipped(kind),
        Unusable::Malformed(malformed) => Outcome::DeadLetter(Rejection::new(malformed.reason, malformed.error)),
    })?;
    lines::check_number(order.products.len()).map_err(Outcome::DeadLetter)?;
    Ok(order)
}
