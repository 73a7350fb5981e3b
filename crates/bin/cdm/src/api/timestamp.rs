//! Timestamps of rows.

use consumer::{DependencyError, Failure};
use database::{Row, get};
use jiff::civil::DateTime;
use orders::UtcMicros;

/// Reads a timestamp from a row.
pub(super) fn get_utc_micros(row: &Row, at: usize) -> Result<UtcMicros, Failure> {
    let civil: DateTime = get(row, at)?;
    let moment = UtcMicros::from_civil(civil);
    Ok(moment.ok_or_else(|| {
        DependencyError::new(database::POSTGRES, format_args!("{civil} is outside the years 0 to 9999"))
    })?)
}
